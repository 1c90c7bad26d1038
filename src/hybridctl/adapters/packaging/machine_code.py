"""Machine code in the package, detected from the content of files: all of it must run on the function.

Sources: the ELF header and its machine numbers (elf(5), /usr/include/elf.h), the suffixes of extension modules (PEP
3149), Mach-O (mach-o/loader.h, mach-o/fat.h), PE (Microsoft's "PE Format").
"""

import re
import struct
from pathlib import PurePosixPath

from hybridctl.domain.target import Target

_MACHINES = {
    3: "x86",
    8: "MIPS",
    20: "PowerPC",
    21: "PowerPC 64",
    22: "IBM S/390",
    40: "32-bit ARM",
    62: "x86_64",
    183: "arm64",
    243: "RISC-V",
    258: "LoongArch",
}
_MACH_O = {b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"}
_FAT = {b"\xca\xfe\xba\xbe", b"\xbe\xba\xfe\xca", b"\xca\xfe\xba\xbf"}
_MOST_SLICES = 30  # a Java class has the same magic, with a version of at least 45 instead of the count
_EXTENSION = re.compile(r"\.(?P<tag>(?:cpython|cp|pypy|graalpy)[\w.-]*|abi3(?:-[\w-]+)?)\.(?:so|pyd)$")
_CPYTHON = re.compile(r"(?:cpython-|cp)3(?P<minor>\d+)(?P<threads>t?)")
_GLIBC = re.compile(rb"GLIBC_2\.(\d+)")
_ARCHIVE = b"!<arch>\n"


def is_machine_code(content: bytes) -> bool:
    """Return whether the content is an executable, a library or an object file of any system."""
    return _platform(content) is not None


def foreign(name: str, content: bytes, target: Target) -> str | None:
    """Return why the function cannot run this file, such as "is machine code for x86_64", or None if it can or it is
    not code.
    """
    suffix = PurePosixPath(name).suffix.lower()
    found = _platform(content)
    if found is not None and found != target.architecture:
        return f"is machine code for {found}"
    if suffix == ".pyd" or (found is not None and suffix == ".dylib"):
        return "is a library of another system"
    if tag := _EXTENSION.search(name):
        return _wrong_python(tag["tag"], target)
    if found is not None:
        return _wrong_library(content, target)
    return None


def _wrong_python(tag: str, target: Target) -> str | None:
    if tag.startswith("abi3"):
        return None
    built = _CPYTHON.match(tag)
    if not built:
        return f"is an extension for {tag.partition('-')[0]}"
    if built["threads"]:
        return f"is an extension for the free-threaded Python 3.{built['minor']}"
    return None if int(built["minor"]) == target.minor else f"is an extension for Python 3.{built['minor']}"


def _wrong_library(content: bytes, target: Target) -> str | None:
    if b"libc.musl-" in content:
        return "is linked with musl, and the function's system has glibc"
    newest = max((int(minor) for minor in _GLIBC.findall(content)), default=0)
    if newest > target.glibc:
        return f"needs glibc 2.{newest}, and the function's system has 2.{target.glibc}"
    return None


def _platform(content: bytes) -> str | None:
    """Return the architecture of machine code for Linux, or the name of another system; None for anything else."""
    if content.startswith(_ARCHIVE):  # a static library: check its first member
        start = content.find(b"\x7fELF")
        return _elf(content[start:]) if start > 0 else None
    if content.startswith(b"\x7fELF"):
        return _elf(content)
    magic = content[:4]
    if magic in _MACH_O:
        return "macOS"
    if magic in _FAT and len(content) >= 8:
        slices = min(struct.unpack(order, content[4:8])[0] for order in (">I", "<I"))
        return "macOS" if 0 < slices < _MOST_SLICES else None
    if magic[:2] == b"MZ" and len(content) >= 64:
        (header,) = struct.unpack_from("<I", content, 60)
        return "Windows" if content[header : header + 4] == b"PE\0\0" else None
    return None


def _elf(content: bytes) -> str:
    if len(content) < 20:
        return "an unknown machine"
    order = ">" if content[5] == 2 else "<"
    (machine,) = struct.unpack_from(f"{order}H", content, 18)
    if machine in (62, 183) and (content[4] != 2 or order == ">"):
        return f"{_MACHINES[machine]} in another form (32-bit or big-endian)"
    return _MACHINES.get(machine, f"machine {machine}")
