"""Machine code of several systems, made by hand: only headers are looked at."""

import struct


def elf(machine: int, *, bits: int = 64, big_endian: bool = False, body: bytes = b"") -> bytes:
    order = ">" if big_endian else "<"
    start = b"\x7fELF" + bytes([2 if bits == 64 else 1, 2 if big_endian else 1, 1]) + bytes(9)
    return start + struct.pack(f"{order}HHI", 3, machine, 1) + bytes(40) + body


def mach_o() -> bytes:
    return struct.pack("<7I", 0xFEEDFACF, 0x0100000C, 0, 6, 0, 0, 0) + bytes(32)


def fat_mach_o() -> bytes:
    return struct.pack(">2I", 0xCAFEBABE, 2) + bytes(40)


def java_class() -> bytes:
    return struct.pack(">I2H", 0xCAFEBABE, 0, 65) + bytes(40)


def windows() -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20)


ARM, INTEL = elf(183), elf(62)
