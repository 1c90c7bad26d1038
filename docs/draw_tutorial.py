"""Draw the pictures of docs/tutorial.md from a real run: every step of the page, on a sandbox, in a terminal.

`make pictures` runs it. A picture that stands below a block of commands shows the last of them. Times, ids and
ports differ from run to run, so the pictures are drawn again only when the page or what it shows has changed.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from draw import FOLDER, drawn

PAGE = FOLDER.parent / "tutorial.md"
WIDTH, HEIGHT = 90, 50
_PICTURE = r"(?:\n!\[[^]]*\]\(pictures/(?P<picture>[\w-]+)\.svg\)\n)?"
_BLOCK = re.compile(rf"^```(?P<kind>\w+)\n(?P<body>.*?)^```\n{_PICTURE}", re.MULTILINE | re.DOTALL)
_INSTALLS = "pipx install"
_MOVES = re.compile(r"\x1b\[(\?25[lh]|\d*[AK]|\d*G)")
_ENDPOINT = "hybridctl outputs local --raw api_endpoint"


@dataclass(frozen=True, slots=True)
class Step:
    """One shell line, or one file with its content; `picture` is the name of what is drawn of it."""

    line: str = ""
    file: str = ""
    content: str = ""
    picture: str | None = None


def read_steps(page: str) -> Iterator[Step]:
    """The steps of a page in order."""
    end = 0
    for block in _BLOCK.finditer(page):
        before, end = page[end : block.start()], block.end()
        if block["kind"] in ("text", "json"):
            continue
        if block["kind"] != "sh":
            yield Step(file=re.findall(r"into `([\w./-]+)`", before)[-1], content=block["body"])
            continue
        lines = [line for line in block["body"].splitlines() if not line.startswith(_INSTALLS)]
        for number, line in enumerate(lines, start=1):
            yield Step(line, picture=block["picture"] if number == len(lines) else None)


def draw_all(steps: Iterator[Step], around: Mapping[str, str]) -> dict[str, str]:
    """Run the steps in an empty folder with an empty home; the SVG of each picture by its name."""
    found = {}
    with tempfile.TemporaryDirectory() as root:
        home, folder = Path(root) / "home", Path(root) / "work"
        home.mkdir()
        folder.mkdir()
        kept = {name: around[name] for name in ("LANG", "PATH") if name in around}
        paths = f"{Path(sys.executable).parent}:{kept['PATH']}"
        environ = kept | {"PATH": paths, "HOME": str(home), "USER": "ada", "LOGNAME": "ada", "TERM": "xterm"}
        try:
            for step in steps:
                if step.file:
                    (folder / step.file).write_text(step.content, encoding="utf-8")
                elif step.line.startswith("cd "):
                    folder /= step.line.removeprefix("cd ")
                elif step.picture:
                    seen = run_in_terminal(step.line, folder, environ)
                    found[step.picture] = drawn(f"\x1b[1m$ {step.line}\x1b[0m\n{seen}", "", WIDTH, step.picture)
                else:
                    endpoint = f"API=$({_ENDPOINT} 2>/dev/null); " if "$API" in step.line else ""
                    subprocess.run(["bash", "-c", endpoint + step.line], cwd=folder, env=environ, check=False)
        finally:
            subprocess.run(["hybridctl", "sandbox", "stop"], cwd=folder, env=environ, check=False)
    return found


def run_in_terminal(line: str, folder: Path, environ: dict[str, str]) -> str:
    """What a terminal shows once the line has ended, colours included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    child = subprocess.Popen(["bash", "-c", line], cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    heard = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so once the other end is closed
            break
        if not part:
            break
        heard += part
    child.wait()
    os.close(ours)
    return settle(heard.decode(errors="replace"))


def settle(text: str) -> str:
    """The text without what was written over: live lines are erased whole, and from there written again."""
    lines, row = [""], 0
    for part in re.split(r"(\r?\n|\r|\x1b\[(?:\?25[lh]|\d*[AK]|\d*G))", text):
        move = _MOVES.fullmatch(part)
        if part in ("\n", "\r\n"):
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif move and move[1].endswith("A"):
            row = max(0, row - int(move[1][:-1] or 1))
        elif (move and move[1].endswith("K")) or part == "\r":
            lines[row] = "" if move else lines[row]
        elif not move:
            lines[row] += part
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    around = dict(os.environ)  # noqa: TID251  (a script of its own, not hybridctl)
    for name, svg in draw_all(read_steps(PAGE.read_text(encoding="utf-8")), around).items():
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
