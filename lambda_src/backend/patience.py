"""Wait for something, but only so long."""

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class TookTooLong(Exception):
    """There was no outcome in time; what was started may still end by itself."""


def within(seconds: float, act: Callable[[], T]) -> T:
    """What `act` returns or raises; raises TookTooLong when that takes longer.

    A socket's time limit is for one read, and a name look-up has none: only a clock beside them bounds the whole.
    """
    results: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(act())
        except Exception as error:  # raised again where it is waited for
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TookTooLong(f"no end within {seconds:g} s")
    return results[0]
