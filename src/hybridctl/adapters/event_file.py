"""Events of a run as NDJSON: one line for each event, written immediately."""

import os
from collections.abc import Callable
from errno import ENXIO
from pathlib import Path

from hybridctl.domain.visible_text import to_json
from hybridctl.errors import FileUnwritable
from hybridctl.outlet import Outlet
from hybridctl.ports.run import Clock

FORMAT = 1
PATIENCE = 10.0  # seconds in which a program has to begin to read a pipe
_PAUSE = 0.05


class EventFile:
    """Writes events to `path`, which may be a pipe; an existing file is replaced. Raises FileUnwritable on creation,
    also for a pipe that nobody reads.

    If a later write fails, nothing more is written, and a reader who stops reading delays the work by a second: a
    reporting failure never stops the work. `finish` waits for the reader.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        try:
            self._file = open(path, "wb", buffering=0, opener=self._open)  # noqa: SIM115  (open as long as the run)
        except OSError as cause:
            is_unread = cause.errno == ENXIO and path.is_fifo()
            reason = "no program reads this pipe" if is_unread else cause.strerror or cause
            hint = "start its reader first" if is_unread else "use another file for --events"
            raise FileUnwritable(f"writing the events to {path}: {reason}", hint=hint) from cause
        self._outlet: Outlet | None = Outlet(self._file.fileno(), held=True)

    def write(self, event: str, **facts: object) -> None:
        line = {"format": FORMAT, "time": self._clock.now().isoformat(), "event": event, **facts}
        self._try(lambda outlet: outlet.write(to_json(line).encode() + b"\n"))
        self._try(Outlet.wait)

    def finish(self) -> None:
        self._try(lambda outlet: outlet.wait(to_the_end=True))

    def _try(self, act: Callable[[Outlet], object]) -> None:
        if self._outlet is not None:
            try:
                act(self._outlet)
            except (OSError, ValueError):
                self._outlet = None

    def _open(self, path: str, flags: int) -> int:
        """Open a file, or a pipe once it is read. A plain open would wait for the reader forever, without a message."""
        began = self._clock.monotonic()
        while True:
            try:
                descriptor = os.open(path, flags | os.O_NONBLOCK, 0o666)
            except OSError as cause:
                if cause.errno != ENXIO or self._clock.monotonic() - began > PATIENCE:
                    raise
                self._clock.sleep(_PAUSE)
            else:
                os.set_blocking(descriptor, True)
                return descriptor
