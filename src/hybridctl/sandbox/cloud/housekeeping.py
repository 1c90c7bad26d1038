"""Background work: store metrics, evaluate alarms, save state to disk."""

import logging
import threading
from collections.abc import Callable

EVERY_SECONDS = 1.0
QUIET_SECONDS = 10.0

log = logging.getLogger("sandbox.housekeeping")


class Housekeeping:
    """Does the chores in a thread of its own, from `start` to `stop`, and a last time then.

    A second after each `stir`, and every ten seconds: while nothing happens, a sandbox costs nothing.
    """

    def __init__(self) -> None:
        self.chores: list[Callable[[], object]] = []
        self._stopping = threading.Event()
        self._stirred = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stir(self) -> None:
        """Say that something happened; any thread may."""
        if not self._stirred.is_set():
            self._stirred.set()

    def stop(self) -> None:
        self._stopping.set()
        self._stirred.set()
        if self._thread.is_alive():
            self._thread.join()
            self._do_chores()  # what the last second has counted

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stirred.wait(QUIET_SECONDS)
            if self._stopping.wait(EVERY_SECONDS):
                return
            self._stirred.clear()
            self._do_chores()

    def _do_chores(self) -> None:
        for chore in self.chores:
            try:
                chore()
            except Exception:
                log.exception("a chore failed")
