"""What can go wrong in a release, and where: exceptions of any type, raised by one call of one port."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fakes import FakeBackend

FAILURES: dict[str, Callable[[], BaseException]] = {
    "Ctrl-C": KeyboardInterrupt,
    "SystemExit": lambda: SystemExit(1),
    "out of memory": MemoryError,
    "dead stream": lambda: OSError(5, "Input/output error"),
    "broken pipe": lambda: BrokenPipeError(32, "Broken pipe"),
    "full disk": lambda: OSError(28, "No space left on device"),
    "bug": lambda: ZeroDivisionError("a bug"),
    "unicode": lambda: UnicodeEncodeError("ascii", "é", 0, 1, "not in range"),
    "recursion": RecursionError,
    "thread": lambda: RuntimeError("can't start new thread"),
    "certificate": lambda: OSError("TLS CA certificate bundle: invalid path"),
}
# One of each kind that the code of a release tells apart: an interrupt, the end of the process, a reader that has gone,
# a machine that is exhausted, and everything else. What an error is called is decided in one place, after all of it.
KINDS = ("Ctrl-C", "SystemExit", "broken pipe", "full disk", "bug")


@dataclass
class Breaker:
    """Calls a real method, but raises at its n-th call once armed, before or `after` the call is carried out."""

    original: Callable[..., Any]
    make: Callable[[], BaseException]
    is_armed: Callable[[], bool]
    at: int = 1
    after: bool = False
    calls: int = field(default=0)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if not self.is_armed():
            return self.original(*arguments, **named)
        self.calls += 1
        if self.calls != self.at:
            return self.original(*arguments, **named)
        if self.after:
            self.original(*arguments, **named)
        raise self.make()


# Where the failure strikes: an object of the backend, its method, and which call of it.
POINTS = [
    ("functions", "move", 1, False),
    ("functions", "move", 1, True),
    ("functions", "live", 1, False),
    ("functions", "live", 2, False),
    ("probe", "call", 1, False),
    ("probe", "call", 5, False),
    ("journal", "finish", 1, False),
]


def name_point(point: tuple[str, str, int, bool]) -> str:
    """`functions.move 1+` fails after its first call was carried out."""
    owner, method, at, after = point
    return f"{owner}.{method} {at}{'+' * after}"


def break_at(
    backend: FakeBackend, point: tuple[str, str, int, bool], failure: str, is_armed: Callable[[], bool]
) -> None:
    name, method, at, after = point
    owner = getattr(backend, name)
    armed = (lambda: True) if method == "move" else is_armed
    setattr(owner, method, Breaker(getattr(owner, method), FAILURES[failure], armed, at, after))
