"""The package on disk, rebuilt only if its inputs have changed."""

import hashlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hybridctl.adapters.packaging.archive import Entry, Zip, make_zip
from hybridctl.adapters.packaging.pip import Pip
from hybridctl.adapters.packaging.requirement_files import read_declared
from hybridctl.adapters.packaging.requirements import Requirements
from hybridctl.adapters.packaging.source import PackageSource, matches, read_source
from hybridctl.adapters.packaging.stamp import Stamp, make_fingerprint
from hybridctl.domain.manifest import BUILD_FILE, build_file, build_id
from hybridctl.domain.package import UNPACKED_LIMIT, ZIP_LIMIT, Package, Scratch, fits, largest, sha256_of, size_note
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed, FileUnreadable, HybridctlError
from hybridctl.files import DOCUMENT_LIMIT, READABLE, parse_json, read_file, write_file

_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class LambdaPackage:
    """Packages `source` and its requirements for `runtime` on `architecture` at `package`. `work` is its private
    folder.

    `handler` is Lambda's handler setting; without it, the handler is not checked. `include` and `exclude` are those of
    `read_source`; files in `include` may also be machine code of another platform.
    """

    source: Path
    package: Path
    runtime: str
    architecture: str
    work: Path
    environ: Mapping[str, str]
    handler: str | None = None
    python: str = sys.executable
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def build(self) -> Package:
        """Return the package. It is built only if a source file, a requirement or the zip has changed.

        Raises BuildFailed, ConfigurationInvalid or FileUnwritable; the package on disk is then unchanged.
        """
        started = time.monotonic()
        source, requirements = self._source(), self._requirements()
        fingerprint = make_fingerprint(source, requirements, self.handler, self.include)
        kept = self._stamp.find_unchanged(fingerprint)
        if kept is not None:
            return kept
        made = self._make(source, requirements)
        unpacked = sum(entry.size for entry in made.entries)
        content = make_zip(made.entries)
        _must_fit(made.entries, len(content), unpacked)
        package = Package(
            path=self.package,
            build=json.loads(made.entries[-1].content)["build"],
            sha256=sha256_of(content),
            size=len(content),
            unpacked=unpacked,
            files=len(made.entries),
            fresh=True,
            notes=tuple(note for note in (*made.notes, size_note(len(content), unpacked)) if note),
            checked_by=made.checked_by,
            machine_code=made.machine_code,
        )
        self._stamp.write(package, content, fingerprint)
        return replace(package, seconds=round(time.monotonic() - started, 3))

    def keep(self, content: bytes) -> Package:
        """Use a zip that was built elsewhere as the package of the current source, until the source changes."""
        archive = Zip(io.BytesIO(content), "the package")
        held: dict[str, str] = {}
        code = self._machine_code(_note_digests(archive.each(), held))
        package = Package(
            path=self.package,
            build=_build_of(archive) or build_id(held),
            sha256=sha256_of(content),
            size=len(content),
            unpacked=sum(archive.sizes),
            files=len(held),
            fresh=False,
            notes=("the package is the one that was taken over; a change of the source builds a new one",),
            machine_code=code,
        )
        fingerprint = make_fingerprint(self._source(), self._requirements(), self.handler, self.include)
        self._stamp.write(package, content, fingerprint)
        return package

    def members(self) -> dict[str, bytes]:
        """Return all files of the package by name, including its build file."""
        return _members(self._make(self._source(), self._requirements()).entries)

    def content(self) -> bytes:
        """Return the zip on disk."""
        return read_file(self.package, what="the package", limit=ZIP_LIMIT, hint="hybridctl build creates one")

    def restore(self, content: bytes) -> Package:
        """Replace the zip on disk by an existing package.

        Raises BuildFailed if it is not a package of hybridctl, or contains machine code that the function cannot run.
        """
        try:
            archive = Zip(io.BytesIO(content), "the package")
            held: dict[str, str] = {}
            code = self._machine_code(_note_digests(archive.each(), held))
            build = _build_of(archive) or self._stamp.find_build_id(content)
            if not build:
                raise LookupError(BUILD_FILE)
        except (FileUnreadable, LookupError, TypeError) as cause:
            why = str(cause) if isinstance(cause, FileUnreadable) else f"this zip has no {BUILD_FILE} of hybridctl"
            raise BuildFailed(why, hint="hybridctl build creates a package") from cause
        sizes, doubt = archive.sizes, self._doubt(held)
        write_file(self.package, content, mode=READABLE)
        size = len(content)
        return Package(
            self.package, build, sha256_of(content), size, sum(sizes), len(sizes), False, machine_code=code, doubt=doubt
        )

    def take(self, path: Path) -> Package:
        """Replace the zip on disk by a file, such as one that a pipeline deploys everywhere. Raises as `restore`."""
        content = read_file(path, what="the package", limit=ZIP_LIMIT, hint="hybridctl build creates one")
        return self.restore(content)

    def scratch(self) -> Scratch:
        """Build the package from scratch in a temporary folder, without files of earlier builds."""
        with tempfile.TemporaryDirectory() as folder:
            entries = self._make(self._source(), self._requirements(Path(folder))).entries
        return Scratch(_members(entries), make_zip(entries))

    @property
    def _stamp(self) -> Stamp:
        return Stamp(self.work / "stamp.json", self.package)

    def _source(self) -> PackageSource:
        return read_source(self.source, self.include, self.exclude)

    def _requirements(self, work: Path | None = None) -> Requirements:
        target = Target(self.runtime, self.architecture)
        declared = read_declared(self.source, target, self.environ)
        return Requirements(declared, target, (work or self.work) / "requirements", Pip(self.python, self.environ))

    def _make(self, source: PackageSource, requirements: Requirements) -> "_Made":
        from hybridctl.adapters.packaging.syntax import must_compile  # only for a changed build

        checked = must_compile(source.files, requirements.target, self.handler, self.environ)
        required = requirements.install()
        own = [Entry.of(file.name, file.content, executable=file.executable) for file in source.files]
        for name in sorted({entry.name for entry in own} & {BUILD_FILE, *(entry.name for entry in required.entries)}):
            whose = "hybridctl's own" if name == BUILD_FILE else "also in a requirement"
            raise BuildFailed(f"{self.source / name} is {whose}: one would hide the other", hint="rename it")
        entries = [*required.entries, *own]
        code = self._machine_code((entry.name, entry.content) for entry in entries)
        build = build_id({entry.name: entry.digest for entry in entries})
        notes = [
            *requirements.notes,
            _list_names("left out", (*source.left_out, *required.left_out)),
            _list_names("packaged, but a function rarely needs it", source.unusual),
            checked.doubt,
        ]
        entries.append(Entry.of(BUILD_FILE, build_file(build)))
        return _Made(entries, tuple(note for note in notes if note), checked.by, code)

    def _doubt(self, held: Mapping[str, str]) -> str:
        """Return why a zip with these digests may not match the source of this checkout, or ""."""
        try:
            files = self._source().files
        except HybridctlError as error:
            return f"the package cannot be compared with this checkout's source: {error}"
        other = next((file.name for file in files if held.get(file.name) != _digest(file.content)), None)
        return f"the package was not built from this checkout's source: {other} differs" if other else ""

    def _machine_code(self, files: Iterable[tuple[str, bytes]]) -> tuple[str, ...]:
        """Return the names of executables and libraries. Raises BuildFailed for one that the function cannot run."""
        from hybridctl.adapters.packaging.machine_code import foreign, is_machine_code

        target, found = Target(self.runtime, self.architecture), []
        for name, content in files:
            reason = foreign(name, content, target)
            if reason and not matches(name, self.include):
                raise BuildFailed(
                    f"{name} {reason}, but the function is {target}",
                    hint="require a release that has a wheel for the function's platform; if the function never "
                    f'loads it, set include = ["{name}"] under [function] in hybridctl.toml',
                )
            if is_machine_code(content):
                found.append(name)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Made:
    """The entries of the zip (the build file last), with notes about them."""

    entries: list[Entry]
    notes: tuple[str, ...]
    checked_by: str
    machine_code: tuple[str, ...]


def _build_of(archive: Zip) -> str:
    """Return the id in a package's build file, or "" if hybridctl did not build it."""
    content = archive.read(BUILD_FILE, DOCUMENT_LIMIT)
    content_of_file = parse_json(content, BUILD_FILE) if content is not None else None
    return str(content_of_file.get("build", "")) if isinstance(content_of_file, dict) else ""


def _list_names(what: str, names: Sequence[str]) -> str | None:
    """Return one line that names at most a few files, or None without files."""
    if not names:
        return None
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{what}: {', '.join(names[:_MOST_NAMED])}{more}"


def _note_digests(files: Iterable[tuple[str, bytes]], held: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield the same files and store their digests in `held`."""
    for name, content in files:
        held[name] = _digest(content)
        yield name, content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _members(entries: Sequence[Entry]) -> dict[str, bytes]:
    return {entry.name: entry.content for entry in entries}


def _must_fit(entries: Sequence[Entry], size: int, unpacked: int) -> None:
    if not fits(size, unpacked):
        raise BuildFailed(
            f"the package is {size / 2**20:.0f} MiB, {unpacked / 2**20:.0f} MiB unpacked; "
            f"Lambda allows {ZIP_LIMIT // 2**20} and {UNPACKED_LIMIT // 2**20}",
            hint=f"largest: {largest({entry.name: entry.size for entry in entries})}; "
            "leave out what the runtime provides, such as boto3",
        )
