"""Events of a run as NDJSON: one line for each event, written immediately."""

from pathlib import Path
from typing import BinaryIO

from hybridctl.domain.visible_text import to_json
from hybridctl.errors import FileUnwritable
from hybridctl.ports.run import Clock

FORMAT = 1


class EventFile:
    """Writes events to `path`, which may be a pipe; an existing file is replaced. Raises FileUnwritable on creation.

    If a later write fails, nothing more is written: a reporting failure never stops the work.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        try:
            self._file: BinaryIO | None = path.open("wb", buffering=0)
        except OSError as cause:
            raise FileUnwritable(
                f"writing the events to {path}: {cause.strerror or cause}", hint="use another file for --events"
            ) from cause

    def write(self, event: str, **facts: object) -> None:
        if self._file is None:
            return
        line = {"format": FORMAT, "time": self._clock.now().isoformat(), "event": event, **facts}
        try:
            self._file.write(to_json(line).encode() + b"\n")
        except (OSError, ValueError):
            self._file = None
