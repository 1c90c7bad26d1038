"""What a package holds, file by file, and how two packages differ. No I/O."""

import hashlib
import json
from collections.abc import Mapping

from hybridctl.values import dataclass

BUILD_FILE = "build.json"


@dataclass(frozen=True, slots=True)
class FileDifference:
    """How a package on disk differs from another one; names are paths inside the zip."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not (self.added or self.changed or self.removed)

    @property
    def first(self) -> str | None:
        """The first name, in the zip's order, that is not the same on both sides."""
        return min((*self.added, *self.changed, *self.removed), default=None)


def build_id(digests: Mapping[str, str]) -> str:
    """16 hex digits over each file's name and digest: the same on every machine, however the zip is compressed."""
    lines = "".join(f"{name}\0{digests[name]}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def build_file(build: str) -> bytes:
    """The member that tells the handler which build it is."""
    return json.dumps({"build": build}).encode() + b"\n"


def compare(ours: Mapping[str, bytes], theirs: Mapping[str, bytes]) -> FileDifference:
    """What is in our package and not, or not so, in theirs; the build file itself is left out."""
    mine, other = ours.keys() - {BUILD_FILE}, theirs.keys() - {BUILD_FILE}
    return FileDifference(
        added=tuple(sorted(mine - other)),
        changed=tuple(sorted(name for name in mine & other if ours[name] != theirs[name])),
        removed=tuple(sorted(other - mine)),
    )
