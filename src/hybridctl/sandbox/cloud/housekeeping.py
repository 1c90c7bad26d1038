"""Background work: store metrics, evaluate alarms, save state to disk."""

import logging
import threading
from collections.abc import Callable, Sequence

EVERY_SECONDS = 1.0

log = logging.getLogger("sandbox.housekeeping")


class Housekeeping:
    """Runs the chores once a second in a thread of its own, from `start` to `stop`, and a last time then."""

    def __init__(self, chores: Sequence[Callable[[], object]]) -> None:
        self._chores = chores
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
            self._do_chores()  # what the last second has counted

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            self._do_chores()

    def _do_chores(self) -> None:
        for chore in self._chores:
            try:
                chore()
            except Exception:
                log.exception("a chore failed")
