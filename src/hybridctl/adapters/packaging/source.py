"""The handler's own files: which are packaged, left out, or refused."""

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from hybridctl.adapters.packaging.litter import is_development_folder, is_litter, is_unusual, is_virtual_environment
from hybridctl.domain.secrets import secret_reason
from hybridctl.errors import BuildFailed


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file by its name in the zip. Of its mode, only the owner's executable bit is kept, as in git.

    `path` is its path below the source, which can differ from `name` in Unicode normalization.
    """

    name: str
    content: bytes
    executable: bool
    path: str


@dataclass(frozen=True, slots=True)
class PackageSource:
    """The packaged files sorted by name, the names left out, and packaged files that are unusual in a function.

    `left_out` does not contain caches, bytecode, editor files and requirement files.
    """

    files: Sequence[SourceFile]
    left_out: tuple[str, ...] = ()
    unusual: tuple[str, ...] = ()


def read_source(source: Path, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> PackageSource:
    """Read the source. `include` and `exclude` are patterns of paths below it, such as "backend/tests" or "*.sql".

    Files in `include` are packaged even if they would be left out or refused. Folders named tests, venv or node_modules
    are left out unless the source imports them. Links are followed if they stay inside the source. Raises BuildFailed
    for a file that cannot be packaged.
    """
    if not source.is_dir():
        raise BuildFailed(f"there is no folder {source}", hint="see `source` under [function] in hybridctl.toml")
    walk = _Walk(source.resolve(), include, exclude)
    try:
        walk.enter(walk.root, above=(walk.root,), included=False)
        walk.enter_imported()
    except OSError as cause:
        raise BuildFailed(f"reading {cause.filename}: {cause.strerror}", hint="check its permissions") from cause
    if not walk.found:
        raise BuildFailed(f"{source} contains nothing to package")
    files = tuple(sorted(walk.found.values(), key=lambda file: file.name))
    left_out = tuple(sorted([*walk.left_out, *(f"{name}/" for name, *_ in walk.skipped)]))
    return PackageSource(files, left_out, tuple(file.name for file in files if is_unusual(file.name)))


@dataclass
class _Walk:
    """The state of reading the source. `skipped` are development folders that nothing has imported so far."""

    root: Path
    include: Sequence[str]
    exclude: Sequence[str]
    found: dict[str, SourceFile] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    skipped: list[tuple[str, Path, tuple[Path, ...]]] = field(default_factory=list)

    def enter(self, folder: Path, above: tuple[Path, ...], *, included: bool) -> None:
        """Read the files below a folder; with `included`, also files that are usually left out."""
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
        for entry in inside:
            path = Path(entry.path)
            name = path.relative_to(self.root).as_posix()
            wanted = included or matches(name, self.include)
            if matches(name, self.exclude):
                self.left_out.append(name)
                continue
            if is_litter(name) and not wanted:
                continue
            if entry.name.startswith(".") and not wanted and path.is_dir():
                self.left_out.append(f"{name}/")
                continue
            real = self._follow(path) if entry.is_symlink() else path
            if real.is_dir():
                self._enter_folder(name, path, real, above, wanted=wanted)
            elif real.is_file():
                self._take(name, path, wanted=wanted)
            else:  # reading a pipe would block forever
                raise BuildFailed(f"{path} is neither a file nor a folder", hint="remove it")

    def enter_imported(self) -> None:
        """Read the skipped folders that the files import, until no more are found."""
        while self.skipped:
            from hybridctl.adapters.packaging.imports import find_imports

            imported = find_imports((file.name, file.content) for file in self.found.values())
            needed = [one for one in self.skipped if one[0].replace("/", ".") in imported]
            if not needed:
                return
            self.skipped = [one for one in self.skipped if one not in needed]
            for _, path, above in needed:
                self.enter(path, above, included=False)

    def _enter_folder(self, name: str, path: Path, real: Path, above: tuple[Path, ...], *, wanted: bool) -> None:
        if path.is_symlink() and real in above:
            raise BuildFailed(f"{path} links to a folder that contains it", hint="remove the link")
        if not wanted and is_virtual_environment(real):
            self.left_out.append(f"{name}/")
        elif not wanted and is_development_folder(name):
            self.skipped.append((name, path, (*above, real)))
        else:
            self.enter(path, (*above, real), included=wanted)

    def _take(self, plain: str, path: Path, *, wanted: bool) -> None:
        # macOS decomposes names that Linux composes; imports and git use the composed form.
        name = unicodedata.normalize("NFC", plain)
        try:
            name.encode()
        except UnicodeEncodeError as cause:
            raise BuildFailed(f"the name of {name!a} is not UTF-8", hint="rename it") from cause
        if name in self.found:
            raise BuildFailed(
                f"{path.parent} contains {path.name!r} twice, composed and decomposed (Unicode NFC and NFD)",
                hint="remove or rename one: in the package both have the same name",
            )
        content = path.read_bytes()
        if not wanted and (reason := secret_reason(name, content)):
            raise BuildFailed(
                f"{path} {reason} and would go into the package",
                hint=f"move it out of {self.root.name}, or under [function] in hybridctl.toml set exclude = "
                f'["{name}"] to leave it out or include = ["{name}"] to package it',
            )
        self.found[name] = SourceFile(name, content, bool(path.stat().st_mode & 0o100), plain)

    def _follow(self, path: Path) -> Path:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as cause:  # RuntimeError: a link to itself, before Python 3.13
            raise BuildFailed(f"{path} is a broken link", hint="remove it") from cause
        if not real.is_relative_to(self.root):
            raise BuildFailed(f"{path} links outside {self.root}", hint="copy what it points to, or remove it")
        return real


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Return whether a pattern matches this path. A pattern without a slash matches a file or folder at any depth."""
    return any(
        fnmatchcase(name if "/" in pattern.rstrip("/") else name.rpartition("/")[2], pattern.rstrip("/"))
        for pattern in patterns
    )
