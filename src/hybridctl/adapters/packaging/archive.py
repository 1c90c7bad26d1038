"""Writes zips that are identical for identical members.

zipfile cannot add data that is already compressed, which makes a small change cheap next to large requirements. This
writer also has no header field that depends on the Python version.
"""

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from hybridctl.domain.package import UNPACKED_LIMIT
from hybridctl.errors import BuildFailed, FileUnreadable

# Level 9 takes twice as long and saves half a percent.
_LEVEL = 6
# The compressed bytes are equal if DEFLATE names the same library; zlib-ng, which some Pythons use, compresses
# differently. The build id does not depend on it: it is a hash of the contents.
DEFLATE = f"{getattr(zlib, 'ZLIBNG_VERSION', '')}{zlib.ZLIB_RUNTIME_VERSION}-{_LEVEL}"

# https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT: 4.3.7 local header, 4.3.12 central, 4.3.16 end
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _UNIX, _DEFLATED, _UTF8 = 20, 3 << 8, 8, 0x800
_MIDNIGHT, _FIRST_DAY = 0, 1 << 5 | 1  # 1980-01-01, the earliest date in a zip
_MOST_FILES = 0xFFFE
_NO_ZIP = "File is not a zip file"  # zipfile's words, of a file that has no end record


@dataclass(frozen=True, slots=True)
class Entry:
    """A compressed file of the package. `digest` is the hex SHA-256 of its content."""

    name: str
    digest: str
    crc: int
    size: int
    executable: bool
    deflated: bytes

    @classmethod
    def of(cls, name: str, content: bytes, *, executable: bool = False) -> "Entry":
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = packer.compress(content) + packer.flush()
        digest = hashlib.sha256(content).hexdigest()
        return cls(name, digest, zlib.crc32(content), len(content), executable, deflated)

    @property
    def content(self) -> bytes:
        return zlib.decompress(self.deflated, -zlib.MAX_WBITS)


@dataclass(frozen=True, slots=True)
class Installed:
    """The entries of installed requirements. `left_out` contains files whose omission is worth a message."""

    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()


def make_zip(entries: Iterable[Entry]) -> bytes:
    """Return a zip of the entries, sorted by name, with fixed times, modes and origin, and without folders. Raises
    BuildFailed for too many files.
    """
    body, directory, count = io.BytesIO(), io.BytesIO(), 0
    for entry in sorted(entries, key=lambda one: one.name):
        name, offset = entry.name.encode(), body.tell()
        sizes = entry.crc, len(entry.deflated), entry.size
        shared = (0 if name.isascii() else _UTF8, _DEFLATED, _MIDNIGHT, _FIRST_DAY, *sizes, len(name), 0)
        mode = 0o100755 if entry.executable else 0o100644
        body.write(_LOCAL.pack(b"PK\3\4", _VERSION, *shared))
        body.write(name)
        body.write(entry.deflated)
        directory.write(_CENTRAL.pack(b"PK\1\2", _UNIX | _VERSION, _VERSION, *shared, 0, 0, 0, mode << 16, offset))
        directory.write(name)
        count += 1
    if count > _MOST_FILES:
        raise BuildFailed(f"the package has {count} files, but a zip can hold only {_MOST_FILES}")
    start = body.tell()
    body.write(directory.getvalue())
    body.write(_END.pack(b"PK\5\6", 0, 0, count, count, body.tell() - start, start, 0))
    return body.getvalue()


# Exceptions of zipfile and zlib for a damaged, encrypted or unusual archive.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    OverflowError,
)
_BOMB_RATIO, _BOMB_SIZE = 100, 64 * 2**20  # source and machine code compress to a tenth at best, zeros to a thousandth


class Zip:
    """Reads a zip, and checks its size before unpacking anything. Raises FileUnreadable.

    `name` identifies the zip in errors; `sizes` are the unpacked sizes of all members.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        with self._explain_damage():
            self._archive = zipfile.ZipFile(file)
        self.sizes = [member.file_size for member in self._archive.infolist()]
        unpacked, packed_size = sum(self.sizes), file.seek(0, io.SEEK_END)
        if len(self.sizes) > _MOST_FILES or unpacked > UNPACKED_LIMIT:
            raise FileUnreadable(
                f"reading {name}: it unpacks to {unpacked / 2**20:,.0f} MiB, "
                "more than any package that hybridctl builds"
            )
        if unpacked > max(_BOMB_SIZE, _BOMB_RATIO * packed_size):
            raise FileUnreadable(
                f"reading {name}: {packed_size:,} bytes unpack to "
                f"{unpacked / 2**20:,.0f} MiB, which looks like a zip bomb"
            )

    def read(self, member: str, limit: int) -> bytes | None:
        """Return the content of a member, or None if it does not exist. Raises FileUnreadable if it is larger than
        `limit` bytes.
        """
        with self._explain_damage():
            try:
                member_info = self._archive.getinfo(member)
            except KeyError:
                return None
            if member_info.file_size > limit:
                raise FileUnreadable(f"reading {self._name}: its member {member} has {member_info.file_size:,} bytes")
            return self._archive.read(member_info)

    def each(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and content of each file."""
        for member in self._archive.infolist():
            if not member.is_dir():
                with self._explain_damage():
                    content = self._archive.read(member)
                yield member.filename, content

    def links(self) -> dict[str, str]:
        """Return the target of each symbolic link, by its name."""
        contents = {}
        for member in self._archive.infolist():
            if stat.S_ISLNK(member.external_attr >> 16):
                with self._explain_damage():
                    contents[member.filename] = self._archive.read(member).decode()
        return contents

    def executables(self) -> frozenset[str]:
        """Return the files that are executable for their owner."""
        return frozenset(one.filename for one in self._archive.infolist() if one.external_attr >> 16 & 0o100)

    @contextmanager
    def _explain_damage(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as cause:
            what = "not a zip file" if str(cause) == _NO_ZIP else f"a damaged zip ({cause})"
            raise FileUnreadable(f"reading {self._name}: it is {what}") from cause


def read_members(content: bytes) -> dict[str, bytes]:
    """Return the members of a deployed package by name. Raises BuildFailed if it is not a zip or too large."""
    try:
        return dict(Zip(io.BytesIO(content), "the deployed package").each())
    except FileUnreadable as cause:
        raise BuildFailed(str(cause)) from cause
