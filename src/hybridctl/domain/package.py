"""The zip that Lambda runs: its content and its size limits."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# 50 MB and 250 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. Lambda's error for the
# latter says 262144000 bytes, which is 250 MiB; the former is assumed to be MiB too.
ZIP_LIMIT = 50 * 2**20
UNPACKED_LIMIT = 250 * 2**20
_NEAR = 0.8


@dataclass(frozen=True, slots=True)
class Package:
    """A built package. `build` is the id that the handler reports, `sha256` is base64 as in Lambda's API, and sizes are
    in bytes.

    `fresh` is false if the zip on disk was up to date and nothing was built. `notes` are warnings, not errors.
    `checked_by` is the Python that parsed the source, "" for an existing zip. `machine_code` lists the executables and
    libraries in the package. `doubt` says why an existing zip may not match the source of this checkout.
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
    """A package built from scratch in memory: its files by name, and the zip."""

    members: Mapping[str, bytes]
    content: bytes


def sha256_of(content: bytes) -> str:
    """Return the hash of a package, in base64 as in Lambda's API."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def fits(size: int, unpacked: int) -> bool:
    return size <= ZIP_LIMIT and unpacked <= UNPACKED_LIMIT


def size_note(size: int, unpacked: int) -> str | None:
    """Return a warning from 80 % of a limit on, otherwise None."""
    for what, used, limit in (("zip", size, ZIP_LIMIT), ("unpacked", unpacked, UNPACKED_LIMIT)):
        if used >= _NEAR * limit:
            return f"{what} {used / 2**20:.0f} of the {limit // 2**20} MiB that Lambda allows"
    return None


def largest(sizes: Mapping[str, int], count: int = 3) -> str:
    """Name the largest top-level files and folders, for users who need to reduce the size."""
    folders: Counter[str] = Counter()
    for name, size in sizes.items():
        folders[name.partition("/")[0]] += size
    return ", ".join(f"{name} {size / 2**20:.0f} MiB" for name, size in folders.most_common(count))
