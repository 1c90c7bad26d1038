"""The stamp of a package: what it was built from, so that it is built again only if that has changed."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hybridctl.adapters.packaging.archive import DEFLATE
from hybridctl.adapters.packaging.requirements import Requirements
from hybridctl.adapters.packaging.source import PackageSource
from hybridctl.domain.package import ZIP_LIMIT, Package, sha256_of
from hybridctl.errors import FileUnreadable
from hybridctl.files import READABLE, read_file, read_json, write_file

_FORMAT = 3  # of the stamp; increment it if packages are built differently
_NOT_KEPT = ("path", "fresh", "seconds")


def make_fingerprint(
    source: PackageSource, requirements: Requirements, handler: str | None, include: tuple[str, ...]
) -> str:
    """Return a hash of names, contents and settings. Reading a few dozen small files is cheap and safer than comparing
    times.
    """
    settings = [_FORMAT, DEFLATE, str(requirements.target), requirements.key, handler, *requirements.notes]
    digest = hashlib.sha256(json.dumps([*settings, source.left_out, include]).encode())
    for file in source.files:
        digest.update(f"{file.name}\0{file.executable}\0{hashlib.sha256(file.content).hexdigest()}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Stamp:
    """The stamp of the zip at `package`, in a file of its own."""

    file: Path
    package: Path

    def write(self, made: Package, content: bytes, fingerprint: str) -> None:
        """Write the stamp, then the package. Until the zip is written too, they do not match, and the next build writes
        both again.
        """
        kept = {name: value for name, value in asdict(made).items() if name not in _NOT_KEPT}
        write_file(self.file, json.dumps({"fingerprint": fingerprint, **kept}).encode(), mode=READABLE)
        write_file(self.package, content, mode=READABLE)

    def find_build_id(self, content: bytes) -> str:
        """Return the id of a taken-over zip that contains no id, or ""."""
        try:
            stamp = read_json(self.file)
        except FileUnreadable:
            return ""
        is_it = isinstance(stamp, dict) and stamp.get("sha256") == sha256_of(content)
        return str(stamp.get("build", "")) if is_it else ""

    def find_unchanged(self, fingerprint: str) -> Package | None:
        """Return the package of the last build if its inputs and the zip are unchanged, or None."""
        try:
            stamp = read_json(self.file)
            content = read_file(self.package, limit=ZIP_LIMIT)
        except FileUnreadable:
            return None
        if not isinstance(stamp, dict) or stamp.pop("fingerprint", None) != fingerprint:
            return None
        try:
            lists = {name: tuple(stamp[name]) for name in ("notes", "machine_code")}
            kept = Package(**{**stamp, "path": self.package, "fresh": False, **lists})
        except (KeyError, TypeError):
            return None  # the stamp is from another version of hybridctl
        return kept if kept.sha256 == sha256_of(content) else None
