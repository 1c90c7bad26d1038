"""Handle Ctrl-C, SIGTERM and SIGHUP during a release: the first one ends it, and none interrupts the return or the
record.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Which signals raise KeyboardInterrupt: all, only the first one, or none."""

    def __init__(self) -> None:
        self._is_silent = False
        self._previous: dict[int, Any] = {}

    def raise_once(self) -> None:
        """Let only the first signal raise from now on: what it starts must finish."""
        if self._previous or threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # nohup
                self._previous[number] = signal.signal(number, self._hear)

    def hold(self) -> None:
        """Let no signal raise from now on."""
        self._is_silent = True
        self.raise_once()

    def restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_silent:
            self._is_silent = True
            raise KeyboardInterrupt


@contextmanager
def guard_signals() -> Iterator[Interrupts]:
    """Manage signals inside the block; the earlier handlers are restored at its end."""
    interrupts = Interrupts()
    try:
        yield interrupts
    finally:
        interrupts.restore()
