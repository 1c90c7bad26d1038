"""The run as NDJSON: one line for each event, written as it happens."""

import json
from pathlib import Path
from typing import BinaryIO

from hybridctl.errors import FileUnwritable
from hybridctl.ports import Clock

FORMAT = 1


class EventFile:
    """Events in `path`, which may be a pipe; one that is there is written anew. Raises FileUnwritable at the start.

    A file that can no longer be written is given up: no release ends half-way because nobody reads of it.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        try:
            self._file: BinaryIO | None = path.open("wb", buffering=0)
        except OSError as cause:
            raise FileUnwritable(
                f"writing the events to {path}: {cause.strerror}", hint="name another file with --events"
            ) from cause

    def write(self, event: str, **facts: object) -> None:
        if self._file is None:
            return
        line = {"format": FORMAT, "time": self._clock.now().isoformat(), "event": event, **facts}
        try:
            self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        except OSError:
            self._file = None
