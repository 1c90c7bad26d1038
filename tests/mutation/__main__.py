"""Change the modules that decide, one small change after the other, and see whether the tests notice: `make mutate`.

Run as `python -m mutation [MODULE...]`, with `tests` on the path. `modules.toml` names the modules, the tests that are
theirs, and the changes that no test can notice, each with its reason. mutmut makes the changes and runs the tests.
"""

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WANTED = Path(__file__).with_name("modules.toml")
LEAST = 0.9
# What tests read beside their own folder.
_COPIED = ("src", "tests", "bench", "docs", "terraform", "hybridctl.toml", "CHANGELOG.md")
# Exit codes of mutmut for a change that the tests noticed: they failed, were interrupted, or never ended.
_KILLED = frozenset({1, 2, 3, 24, 36, -24, 152, 255})
_NO_TESTS = 33
_SPINNER = re.compile(r"[\u2800-\u28ff]")


@dataclass(frozen=True)
class Module:
    """Files that are changed, and the tests that have to notice; `without` is pytest's expression for slow ones."""

    name: str
    files: Sequence[str]
    tests: Sequence[str]
    without: str = ""
    equivalent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed: where, and what was changed to what."""

    function: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.function}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class Outcome:
    module: Module
    killed: int
    survivors: Sequence[Survivor]

    @property
    def real(self) -> Sequence[Survivor]:
        """Those that a test should have noticed."""
        return [one for one in self.survivors if str(one) not in self.module.equivalent]

    @property
    def share(self) -> float:
        return self.killed / (self.killed + len(self.real))


def read_modules() -> dict[str, Module]:
    content = tomllib.loads(WANTED.read_text(encoding="utf-8"))
    return {
        name: Module(
            name,
            found["files"],
            found["tests"],
            found.get("without", ""),
            {change: group["reason"] for group in found.get("equivalent", []) for change in group["changes"]},
        )
        for name, found in content.items()
    }


def mutate(module: Module, folder: Path) -> Outcome:
    """Make every change to the module in a copy of the repository, and run its tests on each."""
    _copy(folder)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [_in_copy(file) for file in module.files],
        # A change of the signal 0 would end whatever process the test asks about.
        "do_not_mutate_patterns": [r"os\.kill\("],
        "also_copy": [name for name in _COPIED if name != "src"],
        "pytest_add_cli_args_test_selection": list(module.tests),
        "pytest_add_cli_args": [
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--hypothesis-seed=0",
            *(["-k", f"not ({module.without})"] if module.without else []),
        ],
    }
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").replace('"lambda_src"', '"src"')
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    (folder / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]), encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    environ |= {"PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}
    ran = subprocess.run(
        [sys.executable, "-m", "mutmut", "run"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        output = "\n".join(line for line in ran.stdout.split("\n") if not _SPINNER.match(line))
        raise SystemExit(f"error: mutmut ended with {ran.returncode} for {module.name}:\n{output[-4000:]}")
    return _outcome(module, folder)


def _copy(folder: Path) -> None:
    """What git has, with the handler's package beside the other: mutmut knows one source folder."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
        else:
            shutil.copy2(source, folder / name)
    shutil.copytree(ROOT / "lambda_src" / "backend", folder / "src" / "backend")


def _in_copy(file: str) -> str:
    return re.sub("^lambda_src/", "src/", file)


def _outcome(module: Module, folder: Path) -> Outcome:
    killed, survivors = 0, []
    for file in module.files:
        path = folder / "mutants" / _in_copy(file)
        codes = json.loads(path.with_name(f"{path.name}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
        source = path.read_text(encoding="utf-8")
        for name, code in codes.items():
            if code in _KILLED:
                killed += 1
            elif code in (0, _NO_TESTS):
                survivors.append(_survivor(source, name.rpartition(".")[2]))
            else:
                raise SystemExit(f"error: mutmut gave {name} the exit code {code}")
    return Outcome(module, killed, survivors)


def _survivor(source: str, mutant: str) -> Survivor:
    """What the change was, by the function as it was and as mutmut has changed it."""
    original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", mutant)
    before, after = (_body(source, name) for name in (original, mutant))
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    function = original.removeprefix("x_").removeprefix("xǁ").removesuffix("__mutmut_orig").replace("ǁ", ".")
    lines = {sign: " ".join(line[2:].strip() for line in changed if line[0] == sign) for sign in "-+"}
    return Survivor(function, lines["-"], lines["+"])


def _body(source: str, name: str) -> Sequence[str]:
    """The lines of that function behind its name."""
    found = re.search(rf"^( *)def {re.escape(name)}\(", source, re.MULTILINE)
    if found is None:
        raise SystemExit(f"error: mutmut names {name}, which is not in its file")
    lines = source[found.start() :].replace(name, "_", 1).split("\n")
    indent = len(found[1])
    end = next(
        (at for at, line in enumerate(lines) if at and line.strip() and len(line) - len(line.lstrip()) <= indent
         and not line.lstrip().startswith(")")),
        len(lines),
    )  # fmt: skip
    return [re.sub(r"\s*# type: ignore # mutmut generated$", "", line) for line in lines[:end]]


def _choose(names: Sequence[str]) -> Iterator[Module]:
    modules = read_modules()
    for name in names or modules:
        if name not in modules:
            raise SystemExit(f"error: no module {name}; there are {', '.join(modules)}")
        yield modules[name]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(names: Sequence[str]) -> int:
    failed = []
    for module in list(_choose(names)):
        with tempfile.TemporaryDirectory(prefix=f"mutate-{module.name}-") as folder:
            outcome = mutate(module, Path(folder))
        found = Counter(str(one) for one in outcome.survivors)
        total = outcome.killed + len(outcome.survivors)
        ignored = len(outcome.survivors) - len(outcome.real)
        _say(
            f"{module.name}: {outcome.killed} of {total} changes noticed, {ignored} that cannot be: {outcome.share:.1%}"
        )
        for survivor in outcome.real:
            _say(f"  {survivor}")
        gone = [change for change in module.equivalent if change not in found]
        for change in gone:
            _say(f"  no longer survives, remove it from {WANTED.name}: {change}")
        if gone or outcome.share < LEAST:
            failed.append(module.name)
    if failed:
        sys.stderr.write(f"error: under {LEAST:.0%}, or with a list out of date: {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
