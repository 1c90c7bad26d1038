"""Local files: one defensive reader, and one writer that replaces a file atomically.

Anything else at a path (a folder, a pipe, a device, a file that is too large, not text, or nested too deeply) raises a
FileUnreadable that names it. Reading uses at most the memory of the limit, and parsing a bounded multiple of it.
"""

import errno
import io
import json
import os
import re
import stat
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from hybridctl.errors import DiskFull, FileUnreadable, FileUnwritable, NestedTooDeeply

DOCUMENT_LIMIT = 2**20  # JSON, TOML and text of ours have some kilobytes
DEEPEST = 50
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_MOST_DOTS = 100
_PRIVATE = 0o600
READABLE = 0o644  # by everybody
_ABANDONED_SECONDS = 3600
_BRACKETS = re.compile(r'"(?:\\.|[^"\\])*+"?|[\[{]|[\]}]')
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_file(path: Path, *, what: str = "", limit: int = DOCUMENT_LIMIT, hint: str | None = None) -> io.BufferedReader:
    """Open a regular file of at most `limit` bytes for reading; `what` names it in errors, such as "the plan"."""
    doing = f"reading {what} {path}" if what else f"reading {path}"
    try:
        # A pipe without a writer would block the open, and a terminal would become the controlling one.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as cause:
        raise FileUnreadable(f"{doing}: {getattr(cause, 'strerror', None) or cause}", hint=hint) from cause
    found = os.fstat(descriptor)
    fault = next((f"it is {kind}, not a file" for is_kind, kind in _KINDS if is_kind(found.st_mode)), None)
    if fault is None and found.st_size > limit:
        fault = f"it has {_size(found.st_size)}, and the limit is {_size(limit)}"
    if fault is not None:
        os.close(descriptor)
        raise FileUnreadable(f"{doing}: {fault}", hint=hint)
    return io.BufferedReader(io.FileIO(descriptor))


def read_file(path: Path, *, what: str = "", limit: int = DOCUMENT_LIMIT, hint: str | None = None) -> bytes:
    with open_file(path, what=what, limit=limit, hint=hint) as file:
        try:
            content = file.read(limit + 1)  # it may grow meanwhile, and files of the kernel have no size
        except OSError as cause:
            raise FileUnreadable(f"reading {path}: {cause.strerror}", hint=hint) from cause
    if len(content) > limit:
        raise FileUnreadable(f"reading {path}: it has more than {_size(limit)}", hint=hint)
    return content


def read_text(path: Path, *, what: str = "", limit: int = DOCUMENT_LIMIT, hint: str | None = None) -> str:
    return as_text(read_file(path, what=what, limit=limit, hint=hint), str(path), hint=hint)


def read_json(path: Path, *, what: str = "", limit: int = DOCUMENT_LIMIT, hint: str | None = None) -> Any:
    return parse_json(read_file(path, what=what, limit=limit, hint=hint), str(path), hint=hint)


def as_text(content: bytes, name: str, *, hint: str | None = None) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as cause:
        line = content.count(b"\n", 0, cause.start) + 1
        raise FileUnreadable(f"reading {name}: line {line} is not UTF-8", hint=hint) from cause


def parse_json(content: bytes, name: str, *, hint: str | None = None) -> Any:
    """Parse a JSON document of hybridctl; `name` is its name in errors."""
    text = as_text(content, name, hint=hint)
    try:
        must_be_shallow(text)
        return json.loads(text)
    except json.JSONDecodeError as cause:
        raise FileUnreadable(
            f"reading {name}: line {cause.lineno} is not valid JSON: {cause.msg}", hint=hint
        ) from cause
    except (ValueError, RecursionError, NestedTooDeeply) as cause:
        raise FileUnreadable(f"reading {name}: {cause}", hint=hint) from cause


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Parse a TOML document; an error names the line if the parser knows it."""
    # The parser's time grows with the square of the length of a dotted key.
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise FileUnreadable(f"{name}:{number}: more than {_MOST_DOTS} dots in a line", hint=f"correct {name}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        said = re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", str(cause))
        what = f"{name}:{said[2]}: {said[1]}" if said else f"{name}: {cause}"
        hint = 'put text in double quotes: key = "value"' if "Invalid value" in what else f"correct {name}"
        raise FileUnreadable(what, hint=hint) from cause
    except (ValueError, RecursionError) as cause:
        why = "it is nested too deeply" if isinstance(cause, RecursionError) else str(cause)
        raise FileUnreadable(f"{name}: {why}", hint=f"correct {name}") from cause


def must_be_shallow(text: str) -> None:
    """Raise an error if brackets outside strings are nested deeper than in any document of hybridctl."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > DEEPEST:
            raise NestedTooDeeply(f"it is nested more than {DEEPEST} levels deep")


def must_be_ours(file: io.BufferedReader, path: Path, what: str) -> None:
    """Raise FileUnreadable, with a command that fixes it, if other users than us and root could have written the open
    file.
    """
    found = os.fstat(file.fileno())
    if found.st_uid not in (os.geteuid(), 0):
        raise FileUnreadable(
            f"{what} {path} belongs to another user (uid {found.st_uid}), who can change it",
            hint=f"if you trust it: sudo chown $(id -u) {path}",
        )
    if found.st_mode & 0o022:
        raise FileUnreadable(
            f"{what} {path} can be changed by other users (mode {stat.S_IMODE(found.st_mode):03o})",
            hint=f"if nobody has: chmod go-w {path}",
        )


def write_file(path: Path, content: bytes, *, mode: int = _PRIVATE, makes_folder: bool = True) -> None:
    """Replace the file atomically, even while others read or write it. After FileUnwritable or DiskFull it is
    unchanged.

    Its folder is created unless `makes_folder` is False: then a missing folder stays missing.
    """
    try:
        if makes_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(fresh, mode)
            os.replace(fresh, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(fresh)
            raise
    except OSError as cause:
        raise write_failure(path, cause) from cause
    _remove_abandoned(path)


def write_failure(path: Path, cause: OSError) -> FileUnwritable:
    """Return the error for a file that could not be written; a full disk is reported as such."""
    if cause.errno in DISK_FULL:
        return disk_full(f"writing {path}", path)
    if path.is_dir():
        return FileUnwritable(f"writing {path}: it is a folder, not a file", hint="name a file in it")
    return FileUnwritable(f"writing {path}: {cause.strerror or cause}", hint="check the folder's permissions")


def disk_full(what: str, path: Path) -> DiskFull:
    """Return the error for an operation during which the disk of that path was full."""
    hint = f"df -h {find_folder(path)} shows it; free some space and run it again"
    return DiskFull(f"{what}: the disk is full", hint=hint)


def find_folder(path: Path) -> Path:
    """Return the nearest existing folder: the path itself, or one above it."""
    return next((one for one in (path, *path.parents) if one.is_dir()), Path("/"))


def _remove_abandoned(path: Path) -> None:
    """Return temporary files of a killed run: those an hour older than the file just written, so no longer in use."""
    with suppress(OSError):  # whoever removes it first, it is gone
        now = path.stat().st_mtime
        for left in path.parent.glob(f".{path.name}.*"):
            if now - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB" if count >= 2**20 else f"{count:,} bytes"
