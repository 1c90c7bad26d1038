"""Checks that the handler's files compile and contain the handler, before anything is written."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybridctl.adapters.packaging import compile_check
from hybridctl.adapters.packaging.source import SourceFile
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed
from hybridctl.sandbox.interpreters import find_python

_PROGRAM = Path(compile_check.__file__)
_HINT = "correct it; the package was not changed"
_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Checked:
    """The Python that parsed the files, such as "Python 3.13.0". `doubt` says what it could not check, "" if
    nothing.
    """

    by: str
    doubt: str = ""


def must_compile(
    files: Sequence[SourceFile], target: Target, handler: str | None, environ: Mapping[str, str]
) -> Checked:
    """Raise BuildFailed with file, line and text of the first syntax error, or if the handler does not exist.

    The function's own Python is used if this machine has it. Otherwise this Python is used: it knows older grammars,
    but an error may then be newer syntax and is not refused.
    """
    sources = {file.name: file.content for file in files if file.name.endswith(".py")}
    module = _module(sources, handler) if handler else None
    python = find_python(target.runtime, environ)
    answer = _ask(python[0], sources, module, target.minor) if python and python[0] != sys.executable else None
    if answer is None:
        python = (sys.executable, ".".join(map(str, sys.version_info[:3])))
        answer = compile_check.check(sources, module, target.minor)
    assert python is not None  # noqa: S101  (set just above where it was not found)
    by, is_older = f"Python {python[1]}", int(python[1].split(".")[1]) < target.minor
    if problem := answer["problem"]:
        problem_text = _describe(sources[problem["file"]], problem)
        if is_older and problem["line"]:
            return Checked(
                by, f"not checked: {problem_text} is not Python {python[1]}, and Python {target.python} was not found"
            )
        raise BuildFailed(problem_text, hint=_HINT)
    if handler and module:
        _must_have(answer["names"], module, handler)
    return Checked(by)


def _ask(python: str, sources: Mapping[str, bytes], module: str | None, minor: int) -> Any:
    """Return another Python's answer, or None if it fails."""
    asked = {"files": {name: content.decode("latin-1") for name, content in sources.items()}}
    try:
        ran = subprocess.run(
            [python, "-I", "-S", str(_PROGRAM)],
            input=json.dumps({**asked, "module": module, "minor": minor}),
            env={},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        return json.loads(ran.stdout) if ran.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _module(sources: Mapping[str, bytes], handler: str) -> str:
    stem = handler.rpartition(".")[0].replace(".", "/")
    name = next((name for name in (f"{stem}.py", f"{stem}/__init__.py") if name in sources), None)
    if name is None:
        raise BuildFailed(
            f"the handler is {handler}, but there is no {stem}.py",
            hint="correct `handler` in hybridctl.toml; the package was not changed",
        )
    return name


def _must_have(names: Sequence[str], module: str, handler: str) -> None:
    function = handler.rpartition(".")[2]
    if function not in names and not {*names} & {"*", "__getattr__"}:  # these can define any name at run time
        raise BuildFailed(f"the handler is {handler}, but {module} has no {function}", hint=_HINT)


def _describe(content: bytes, problem: Mapping[str, Any]) -> str:
    lines = content.decode(errors="replace").splitlines()
    number = problem["line"]
    if not number:
        return f"{problem['file']}: {problem['message']}"
    text = lines[number - 1].strip() if number <= len(lines) else ""
    return f"{problem['file']}:{number}: {problem['message']}{': ' if text else ''}{text}"
