"""The tutorial, followed to the letter: its files are written, its commands run, its outputs seen in their order."""

import re
import subprocess
from pathlib import Path

from e2e.conftest import Clone

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALL = "pipx install 'hybridctl[sandbox]'\n"


def steps() -> tuple[list[str], list[str]]:
    """The page as lines of one shell script, and the outputs that it promises."""
    script, promised, end = [], [], 0
    for block in BLOCK.finditer(PAGE):
        before, kind, body = PAGE[end : block.start()], block["kind"], block["body"]
        end = block.end()
        if kind in ("text", "json"):
            promised += body.splitlines()
        elif kind != "sh":
            name = re.findall(r"into `([\w./-]+)`", before)[-1]
            script.append(f"cat > {name} <<'END_OF_FILE'\n{body}END_OF_FILE\n")
        elif failure := re.search(r"<!-- exits with (\d+) -->", before):
            script.append(f"code=0; (set -e; {body}) || code=$?; test $code -eq {failure[1]}\n")
        elif body != INSTALL:
            script.append(body)
    return script, promised


def test_every_step_does_what_the_page_says(tmp_path):
    stranger = Clone(tmp_path / "work", tmp_path / "home")
    stranger.root.mkdir()
    stranger.home.mkdir()
    script, promised = steps()
    assert INSTALL in PAGE
    assert (len(script), len(promised)) == (18, 7)
    try:
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "".join(script)],
            cwd=stranger.root,
            env=stranger.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
    finally:
        Clone(stranger.root / "order-book", stranger.home).run("sandbox", "stop")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    seen = " ".join(ran.stdout.split())  # a narrow terminal folds lines
    for line in promised:
        assert line in seen, f"{line!r} does not come, or not in its turn:\n{ran.stdout}"
        seen = seen[seen.index(line) + len(line) :]
