"""The package on disk: made when its inputs changed, left alone when they did not."""

import hashlib
import io
import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from hybridctl.adapters.packaging.archive import DEFLATE, Entry, packed
from hybridctl.adapters.packaging.declared import requirement_file
from hybridctl.adapters.packaging.files import write_whole
from hybridctl.adapters.packaging.pip import Pip
from hybridctl.adapters.packaging.requirements import Requirements
from hybridctl.adapters.packaging.source import SourceFile, read_source
from hybridctl.adapters.packaging.syntax import must_compile
from hybridctl.domain.manifest import BUILD_FILE, build_file, build_id
from hybridctl.domain.package import UNPACKED_LIMIT, ZIP_LIMIT, Package, Scratch, fits, largest, sha256_of, size_note
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

_FORMAT = 2  # of the stamp; a change of how packages are made counts it up


@dataclass(frozen=True, slots=True)
class LambdaPackage:
    """Packages `source` and its requirements for `runtime` on `architecture` at `package`; `work` is private to it.

    `handler` is what Lambda will call, as it is named there; left out, nobody looks whether it exists.
    """

    source: Path
    package: Path
    runtime: str
    architecture: str
    work: Path
    environ: Mapping[str, str]
    handler: str | None = None
    python: str = sys.executable

    def build(self) -> Package:
        """The package, made anew only when a source, a requirement or the zip itself is not as it was left.

        Raises BuildFailed, ConfigurationInvalid or FileUnwritable; the package on disk is then as it was.
        """
        started = time.monotonic()
        files, requirements = read_source(self.source), self._requirements()
        fingerprint = self._fingerprint(files, requirements)
        kept = self._kept(fingerprint)
        if kept is not None:
            return kept
        entries = self._entries(files, requirements)
        unpacked = sum(entry.size for entry in entries)
        content = packed(entries)
        _must_fit(entries, len(content), unpacked)
        made = Package(
            path=self.package,
            build=json.loads(entries[-1].content)["build"],
            sha256=sha256_of(content),
            size=len(content),
            unpacked=unpacked,
            files=len(entries),
            fresh=True,
            notes=tuple(note for note in (requirements.note, size_note(len(content), unpacked)) if note),
        )
        # The stamp first: until the zip is there too, the two do not match and the next build makes both anew.
        write_whole(self._stamp, json.dumps(_stamped(made, fingerprint)).encode())
        write_whole(self.package, content)
        return replace(made, seconds=round(time.monotonic() - started, 3))

    def members(self) -> dict[str, bytes]:
        """All files of the package by name, its build file included."""
        return _members(self._entries(read_source(self.source), self._requirements()))

    def content(self) -> bytes:
        """The zip on disk."""
        return self.package.read_bytes()

    def restore(self, content: bytes) -> Package:
        """Put a package that was built before in the place of the zip on disk; BuildFailed if it is none of ours."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                build = json.loads(archive.read(BUILD_FILE))["build"]
                sizes = [member.file_size for member in archive.infolist()]
        except (zipfile.BadZipFile, KeyError, ValueError) as cause:
            raise BuildFailed(
                f"this zip has no {BUILD_FILE}: hybridctl did not build it", hint="hybridctl build"
            ) from cause
        write_whole(self.package, content)
        return Package(self.package, build, sha256_of(content), len(content), sum(sizes), len(sizes), fresh=False)

    def take(self, path: Path) -> Package:
        """The same with a file, such as the one zip that every environment of a pipeline gets."""
        try:
            content = path.read_bytes()
        except OSError as cause:
            raise BuildFailed(
                f"reading the package {path}: {cause.strerror}", hint="hybridctl build makes one"
            ) from cause
        return self.restore(content)

    def scratch(self) -> Scratch:
        """The package made from nothing in a folder of its own, without anything kept from earlier builds."""
        with tempfile.TemporaryDirectory() as folder:
            entries = self._entries(read_source(self.source), self._requirements(Path(folder)))
        return Scratch(_members(entries), packed(entries))

    @property
    def _stamp(self) -> Path:
        return self.work / "stamp.json"

    def _requirements(self, work: Path | None = None) -> Requirements:
        target = Target(self.runtime, self.architecture)
        pip = Pip(self.python, self.environ)
        return Requirements(requirement_file(self.source), target, (work or self.work) / "requirements", pip)

    def _entries(self, files: Sequence[SourceFile], requirements: Requirements) -> list[Entry]:
        """The entries of the zip; the build file is the last."""
        must_compile(files, requirements.target, self.handler)
        required = requirements.entries()
        own = [Entry.of(file.name, file.content, executable=file.executable) for file in files]
        for name in sorted({entry.name for entry in own} & {BUILD_FILE, *(entry.name for entry in required)}):
            whose = "hybridctl's own" if name == BUILD_FILE else "also in a requirement"
            raise BuildFailed(f"{self.source / name} is {whose}: one would hide the other", hint="rename it")
        entries = [*required, *own]
        build = build_id({entry.name: entry.digest for entry in entries})
        return [*entries, Entry.of(BUILD_FILE, build_file(build))]

    def _fingerprint(self, files: Sequence[SourceFile], requirements: Requirements) -> str:
        """Names, contents and settings: reading a few dozen small files costs less than trusting their times."""
        said = [_FORMAT, DEFLATE, str(requirements.target), requirements.key, self.handler]
        digest = hashlib.sha256(json.dumps(said).encode())
        for file in files:
            digest.update(f"{file.name}\0{file.executable}\0{hashlib.sha256(file.content).hexdigest()}\n".encode())
        return digest.hexdigest()

    def _kept(self, fingerprint: str) -> Package | None:
        """The package of the last build if its inputs and the zip are still the same."""
        try:
            stamp = json.loads(self._stamp.read_text(encoding="utf-8"))
            content = self.package.read_bytes()
        except (OSError, ValueError):
            return None
        if not isinstance(stamp, dict) or stamp.pop("fingerprint", None) != fingerprint:
            return None
        try:
            kept = Package(**{**stamp, "path": self.package, "fresh": False, "notes": tuple(stamp["notes"])})
        except (KeyError, TypeError):
            return None  # a stamp of another version of hybridctl
        return kept if kept.sha256 == sha256_of(content) else None


def _stamped(made: Package, fingerprint: str) -> dict[str, object]:
    stamp = asdict(made)
    for name in ("path", "fresh", "seconds"):
        del stamp[name]
    return {"fingerprint": fingerprint, **stamp}


def _members(entries: Sequence[Entry]) -> dict[str, bytes]:
    return {entry.name: entry.content for entry in entries}


def _must_fit(entries: Sequence[Entry], size: int, unpacked: int) -> None:
    if not fits(size, unpacked):
        raise BuildFailed(
            f"the package is {size / 2**20:.0f} MiB, {unpacked / 2**20:.0f} MiB unpacked; "
            f"Lambda takes {ZIP_LIMIT // 2**20} and {UNPACKED_LIMIT // 2**20}",
            hint=f"largest: {largest({entry.name: entry.size for entry in entries})}; "
            "leave out what the runtime brings, such as boto3",
        )
