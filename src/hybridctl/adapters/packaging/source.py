"""The handler's own files: which ones are packaged, and what is in them."""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hybridctl.errors import BuildFailed

_LEFT_OUT_FOLDERS = {"__pycache__", "tests", "node_modules", "venv"}
_LEFT_OUT_ANYWHERE = {"Thumbs.db", "desktop.ini"}
_LEFT_OUT_AT_THE_TOP = {"requirements.txt", "requirements.lock", "README.md"}
_LEFT_OUT_ENDINGS = (".pyc", ".pyo", ".swp", ".orig", ".rej", "~")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file by its name in the zip; of its mode only that its owner may execute it is kept, as git does."""

    name: str
    content: bytes
    executable: bool


def read_source(source: Path) -> list[SourceFile]:
    """Every packaged file in the order of names; hidden files and what only developers need stay out.

    A link is followed as long as it stays inside the source. BuildFailed names what cannot be packaged.
    """
    if not source.is_dir():
        raise BuildFailed(f"there is no folder {source}", hint="see `source` under [function] in hybridctl.toml")
    root = source.resolve()
    try:
        found = [_read(root, path) for path in _walk(root, root, (root,))]
    except OSError as cause:
        raise BuildFailed(f"reading {cause.filename}: {cause.strerror}", hint="check its permissions") from cause
    if not found:
        raise BuildFailed(f"{source} holds nothing to package")
    return sorted(found, key=lambda file: file.name)


def _walk(root: Path, folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        inside = sorted(entries, key=lambda entry: entry.name)
    for entry in inside:
        path = Path(entry.path)
        if _is_left_out(entry, at_the_top=folder == root):
            continue
        real = _followed(root, path) if entry.is_symlink() else path
        if real.is_dir():
            if entry.is_symlink() and real in above:
                raise BuildFailed(f"{path} leads back to a folder that it is in", hint="remove the link")
            yield from _walk(root, path, (*above, real))
        elif real.is_file():
            yield path
        else:  # reading a pipe would wait for ever
            raise BuildFailed(f"{path} is neither a file nor a folder", hint="remove it")


def _is_left_out(entry: os.DirEntry[str], *, at_the_top: bool) -> bool:
    name = entry.name
    if name.startswith(".") or name in _LEFT_OUT_ANYWHERE or name.endswith(_LEFT_OUT_ENDINGS):
        return True
    return name in _LEFT_OUT_FOLDERS or (at_the_top and name in _LEFT_OUT_AT_THE_TOP)


def _followed(root: Path, path: Path) -> Path:
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as cause:  # RuntimeError: a link to itself, before Python 3.13
        raise BuildFailed(f"{path} is a link that leads nowhere", hint="remove it") from cause
    if not real.is_relative_to(root):
        raise BuildFailed(f"{path} leads out of {root}", hint="copy what it points to, or remove it")
    return real


def _read(root: Path, path: Path) -> SourceFile:
    # macOS decomposes what Linux composes; imports and git speak of the composed form.
    name = unicodedata.normalize("NFC", path.relative_to(root).as_posix())
    try:
        name.encode()
    except UnicodeEncodeError as cause:
        raise BuildFailed(f"the name of {name!a} is not UTF-8", hint="rename it") from cause
    return SourceFile(name, path.read_bytes(), bool(path.stat().st_mode & 0o100))
