"""Writes the CBOR of Smithy's rpc-v2-cbor protocol: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html

botocore reads such answers, and has a public writer for requests alone.
"""

import struct
from datetime import datetime
from typing import Any

_INTEGER, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG = range(7)  # major types of RFC 8949
_EPOCH_SECONDS = 1  # the tag of a time


def encode(value: Any) -> bytes:
    """JSON's values, bytes and times; TypeError for anything else."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(_INTEGER, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            return _head(_TEXT, len(value.encode())) + value.encode()
        case bytes():
            return _head(_BYTES, len(value)) + value
        case datetime():
            return _head(_TAG, _EPOCH_SECONDS) + encode(value.timestamp())
        case list() | tuple():
            return _head(_LIST, len(value)) + b"".join(map(encode, value))
        case dict():
            return _head(_MAP, len(value)) + b"".join(encode(part) for pair in value.items() for part in pair)
    raise TypeError(f"{type(value).__name__} has no CBOR here")


def _head(major: int, number: int) -> bytes:
    """A type and its length or value, in as few bytes as possible."""
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
    return bytes([major << 5 | 24 + (1, 2, 4, 8).index(size)]) + number.to_bytes(size, "big")
