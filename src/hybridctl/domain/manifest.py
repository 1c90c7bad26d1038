"""The files of a package, and the differences between two packages. No I/O."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

BUILD_FILE = "build.json"


@dataclass(frozen=True, slots=True)
class FileDifference:
    """The differences between a package and another one, as paths inside the zip."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not (self.added or self.changed or self.removed)

    @property
    def first(self) -> str | None:
        """The first path, in the zip's order, that differs."""
        return min((*self.added, *self.changed, *self.removed), default=None)


def build_id(digests: Mapping[str, str]) -> str:
    """Return 16 hex digits over each file's name and digest. They are the same on every machine and for any
    compression.
    """
    lines = "".join(f"{name}\0{digests[name]}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def build_file(build: str) -> bytes:
    """Return the content of the file that tells the handler its build id."""
    return json.dumps({"build": build}).encode() + b"\n"


def compare(ours: Mapping[str, bytes], theirs: Mapping[str, bytes]) -> FileDifference:
    """Compare our package with another one, without the build file."""
    mine, other = ours.keys() - {BUILD_FILE}, theirs.keys() - {BUILD_FILE}
    return FileDifference(
        added=tuple(sorted(mine - other)),
        changed=tuple(sorted(name for name in mine & other if ours[name] != theirs[name])),
        removed=tuple(sorted(other - mine)),
    )
