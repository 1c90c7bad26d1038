"""The zip: the same members, the same bytes.

Written by hand because zipfile cannot take in what is compressed already, which is what makes an edit of the source
cheap beside large requirements; it also leaves no header field to the version of Python that happens to run.
"""

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from hybridctl.domain.package import UNPACKED_LIMIT
from hybridctl.errors import BuildFailed, FileUnreadable
from hybridctl.values import dataclass

# Level 6: level 9 takes twice as long for half a percent.
_LEVEL = 6
# The compressed bytes are the same wherever DEFLATE names the same library; zlib-ng, which some Pythons are built with,
# packs otherwise. The build id does not depend on it: it is of the contents.
DEFLATE = f"{getattr(zlib, 'ZLIBNG_VERSION', '')}{zlib.ZLIB_RUNTIME_VERSION}-{_LEVEL}"

# https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT: 4.3.7 local header, 4.3.12 central, 4.3.16 end
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _UNIX, _DEFLATED, _UTF8 = 20, 3 << 8, 8, 0x800
_MIDNIGHT, _FIRST_DAY = 0, 1 << 5 | 1  # 1980-01-01, the earliest a zip can say
_MOST_FILES = 0xFFFE


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the package, compressed; `digest` is the SHA-256 of its content in hex."""

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


def make_zip(entries: Iterable[Entry]) -> bytes:
    """A zip of the entries in the order of their names, with fixed times, modes and origin; no folders."""
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


# What zipfile and zlib raise on a damaged, encrypted or unusual archive.
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
_BOMB_RATIO, _BOMB_SIZE = 100, 64 * 2**20  # code and its machine code pack to a tenth at best; zeros to a thousandth


class Zip:
    """A zip of which nothing is inflated before its size is known; FileUnreadable says what is wrong with it.

    `name` is what an error calls it; `sizes` are the unpacked sizes of all members.
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
        """The content of that member, of at most `limit` bytes; None when it is not there."""
        with self._explain_damage():
            try:
                found = self._archive.getinfo(member)
            except KeyError:
                return None
            if found.file_size > limit:
                raise FileUnreadable(f"reading {self._name}: its member {member} has {found.file_size:,} bytes")
            return self._archive.read(found)

    def each(self) -> Iterator[tuple[str, bytes]]:
        """Every file by its name, one after the other."""
        for member in self._archive.infolist():
            if not member.is_dir():
                with self._explain_damage():
                    content = self._archive.read(member)
                yield member.filename, content

    def links(self) -> dict[str, str]:
        """Where each symbolic link of the archive leads, by its name."""
        found = {}
        for member in self._archive.infolist():
            if stat.S_ISLNK(member.external_attr >> 16):
                with self._explain_damage():
                    found[member.filename] = self._archive.read(member).decode()
        return found

    def executables(self) -> frozenset[str]:
        """Files that their owner may execute."""
        return frozenset(one.filename for one in self._archive.infolist() if one.external_attr >> 16 & 0o100)

    @contextmanager
    def _explain_damage(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as cause:
            raise FileUnreadable(f"reading {self._name}: it is not a readable zip ({cause})") from cause


def read_members(content: bytes) -> dict[str, bytes]:
    """The members of a deployed package by name; BuildFailed when it is not a zip, or larger than a package can be."""
    try:
        return dict(Zip(io.BytesIO(content), "the deployed package").each())
    except FileUnreadable as cause:
        raise BuildFailed(str(cause)) from cause
