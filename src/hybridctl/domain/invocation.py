"""A direct invocation of one version of the function."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda answered: `error` is FunctionError (the HTTP status is 200 even then), `log` the tail sent along."""

    version: str
    payload: Any
    seconds: float
    error: str | None = None
    log: tuple[str, ...] = ()
