"""The Python of the function's runtime, where this machine has one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_SECONDS = 10.0


def find_python(minor: int, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Path and version of a Python 3.`minor`: this one, then PATH, pyenv and uv; None where none of them answers."""
    if sys.version_info[1] == minor:
        return sys.executable, ".".join(map(str, sys.version_info[:3]))
    for path in _candidates(minor, environ):
        if version := _version(path, minor, environ):
            return path, version
    return None


def _candidates(minor: int, environ: Mapping[str, str]) -> Iterator[str]:
    name = f"python3.{minor}"
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    shared = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR") or shared / "uv" / "python")
    found = shutil.which(name, path=environ.get("PATH", os.defpath))
    if found and "shims" not in Path(found).parts:  # a shim fails where pyenv has another version chosen
        yield found
    for folder, pattern in ((pyenv, f"3.{minor}.*"), (uv, f"cpython-3.{minor}.*")):
        for version in sorted(folder.glob(pattern), reverse=True):
            yield str(version / "bin" / name)


def _version(path: str, minor: int, environ: Mapping[str, str]) -> str | None:
    program = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    try:
        ran = subprocess.run(
            [path, "-I", "-S", "-c", program],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = ran.stdout.strip()
    return version if ran.returncode == 0 and version.startswith(f"3.{minor}.") else None
