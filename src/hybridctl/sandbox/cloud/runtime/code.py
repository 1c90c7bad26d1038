"""A function's files on disk: its unpacked package, and the packages of Lambda's runtime."""

import importlib.util
import os
import shutil
import stat
import threading
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

from hybridctl.sandbox.home import Home, as_file_name

# Part of the managed Python runtimes beside the standard library (docs: lambda/latest/dg/lambda-python.html).
RUNTIME_PACKAGES = (
    "awslambdaric",
    "boto3",
    "botocore",
    "dateutil",
    "jmespath",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot_restore_py",
    "urllib3",
)

KEPT = 10  # unpacked packages that nothing uses, the ones used last

_writing = threading.Lock()
_used: Counter[Path] = Counter()


def unpack(code_zip: bytes, digest: str) -> Path:
    """Return the read-only folder with the unpacked package, shared by all users of the same content until `release`.

    Machine code that was provided for this machine replaces the package's own.
    """
    ours = Home(_scratch().parent).machine_code(digest)
    target = _scratch() / "code" / (as_file_name(digest) + (".here" if ours.is_dir() else ""))
    with _writing:
        if not target.exists():
            fresh = target.with_name(f"{target.name}.new")
            with zipfile.ZipFile(BytesIO(code_zip)) as archive:
                archive.extractall(fresh)  # the emulator has checked the archive; CPython keeps members inside
                for member in archive.infolist():
                    _protect(fresh / member.filename, executable=bool(member.external_attr >> 16 & 0o111))
            if ours.is_dir():
                _replace(ours, fresh)
            fresh.rename(target)
        os.utime(target)
        _used[target] += 1
        _prune(target.parent)
    return target


def release(target: Path) -> None:
    """Release a folder of `unpack` that an environment no longer needs."""
    with _writing:
        _used[target] -= 1


def _prune(folder: Path) -> None:
    """Delete unused packages except the most recently used ones, which a rollback may need again."""
    idle = [path for path in folder.iterdir() if not _used[path]]
    for path in sorted(idle, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
        _used.pop(path, None)


def link_runtime_packages() -> Path:
    """Return a folder with only the runtime's packages, as links into this installation."""
    target = _scratch() / "runtime"
    with _writing:
        if not target.exists():
            sources = [_find_package(name) for name in RUNTIME_PACKAGES]
            fresh = target.with_name("runtime.new")
            fresh.mkdir(parents=True, exist_ok=True)
            for source in sources:
                (fresh / source.name).symlink_to(source)
            fresh.rename(target)
    return target


def _find_package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"the sandbox needs the package {name}: pip install 'hybridctl[sandbox]'")
    origin = Path(found.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _replace(source: Path, target: Path) -> None:
    for path in source.rglob("*"):
        place = target / path.relative_to(source)
        if path.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            shutil.copyfile(path, place)
            _protect(place, executable=bool(path.stat().st_mode & 0o111))


def _protect(path: Path, *, executable: bool) -> None:
    if not path.is_dir():
        path.chmod(stat.S_IRUSR | (stat.S_IXUSR if executable else 0))


def _scratch() -> Path:
    return Path(os.environ["TMPDIR"])
