"""The zip that Lambda runs, what it was made of, and how large it may be."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hybridctl.values import dataclass

# 50 MB and 250 MB by https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; Lambda's refusal of the
# latter says 262144000 bytes, which is MiB, and the former is read the same way.
ZIP_LIMIT = 50 * 2**20
UNPACKED_LIMIT = 250 * 2**20
_NEAR = 0.8


@dataclass(frozen=True, slots=True)
class Package:
    """A built package: `build` is the id the handler reports, `sha256` is base64 as Lambda gives it, sizes in bytes.

    `fresh` is false when the zip on disk was already right and nothing was done; `notes` are worth a look, no errors.
    `checked_by` is the Python that read the source ("" for a zip that was built before); `machine_code` are the names
    of programs and libraries in it. `doubt` says why a zip that was built before may not be of this checkout's source.
    """

    path: Path
    build: str
    sha256: str
    size: int
    unpacked: int
    files: int
    fresh: bool
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    checked_by: str = ""
    machine_code: tuple[str, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A package made from nothing, in memory only: its files by name, and the zip of them."""

    members: Mapping[str, bytes]
    content: bytes


def sha256_of(content: bytes) -> str:
    """The hash of a package, base64 as Lambda gives it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def fits(size: int, unpacked: int) -> bool:
    return size <= ZIP_LIMIT and unpacked <= UNPACKED_LIMIT


def size_note(size: int, unpacked: int) -> str | None:
    """A word of warning from 80 % of a quota on."""
    for what, used, limit in (("zip", size, ZIP_LIMIT), ("unpacked", unpacked, UNPACKED_LIMIT)):
        if used >= _NEAR * limit:
            return f"{what} {used / 2**20:.0f} of the {limit // 2**20} MiB that Lambda allows"
    return None


def largest(sizes: Mapping[str, int], count: int = 3) -> str:
    """The top-level names that take the most room, for the one who has to make room."""
    folders: Counter[str] = Counter()
    for name, size in sizes.items():
        folders[name.partition("/")[0]] += size
    return ", ".join(f"{name} {size / 2**20:.0f} MiB" for name, size in folders.most_common(count))
