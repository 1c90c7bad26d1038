"""Read the public certificate authorities once in a process: httpx does so for each client and call, in 15 ms."""

import ssl
from functools import cache
from typing import Any

import certifi

_make_context = ssl.create_default_context


@cache
def _make_public_context() -> ssl.SSLContext:
    return _make_context(cafile=certifi.where())


def _find_context(*purpose: ssl.Purpose, **authorities: Any) -> ssl.SSLContext:
    given = {name: value for name, value in authorities.items() if value is not None}
    if not purpose and given == {"cafile": certifi.where()}:
        return _make_public_context()
    return _make_context(*purpose, **authorities)


def share_authorities() -> None:
    """Let all clients of this process that trust the public authorities alone share one context."""
    ssl.create_default_context = _find_context
