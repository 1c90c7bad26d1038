"""Find the Python that a function's runtime asks for."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

_PROBE = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_PROBE_SECONDS = 10.0


def find_python(runtime: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return path and version of the interpreter for a runtime such as `python3.13`.

    The running interpreter is tried first, then PATH, pyenv and uv. None when the machine has no such Python.
    """
    match = re.fullmatch(r"python3\.(\d+)", runtime)
    if match is None:
        return None
    minor = int(match[1])
    if sys.version_info[1] == minor:
        return sys.executable, ".".join(map(str, sys.version_info[:3]))
    return _find_other(minor, *(environ.get(name, "") for name in ("PATH", "HOME", *_SEARCHED)))


_SEARCHED = ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME")


def search_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that let another process with another HOME find the same interpreters."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return {
        "PYENV_ROOT": environ.get("PYENV_ROOT") or str(home / ".pyenv"),
        "UV_PYTHON_INSTALL_DIR": environ.get("UV_PYTHON_INSTALL_DIR") or str(data / "uv" / "python"),
    }


@cache
def _find_other(minor: int, path: str, home: str, pyenv: str, uv: str, data: str) -> tuple[str, str] | None:
    environ = {"HOME": home, "PYENV_ROOT": pyenv, "UV_PYTHON_INSTALL_DIR": uv, "XDG_DATA_HOME": data}
    for candidate in _candidates(minor, path or os.defpath, environ):
        version = _read_version(candidate)
        if version is not None and version.startswith(f"3.{minor}."):
            return candidate, version
    return None


def _candidates(minor: int, path: str, environ: Mapping[str, str]) -> Iterator[str]:
    name = f"python3.{minor}"
    roots = search_variables({key: value for key, value in environ.items() if value})
    found = shutil.which(name, path=path)
    if found and "shims" not in Path(found).parts:  # a pyenv shim fails unless pyenv has that version selected
        yield found
    for root, pattern in (
        (Path(roots["PYENV_ROOT"]) / "versions", f"3.{minor}.*"),
        (Path(roots["UV_PYTHON_INSTALL_DIR"]), f"cpython-3.{minor}.*"),
    ):
        for folder in sorted(root.glob(pattern), reverse=True):
            yield str(folder / "bin" / name)


def _read_version(path: str) -> str | None:
    try:
        ran = subprocess.run(
            [path, "-I", "-S", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None
