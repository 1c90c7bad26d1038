"""The line that a starting server writes to a pipe for the process that started it, so that nobody has to poll."""

import json
import os


class Announcement:
    """Writes it once; does nothing without a descriptor, or if the other process has ended."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def say(self, **what: object) -> None:
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, json.dumps(what).encode() + b"\n")
            os.close(self._descriptor)
        except OSError:
            pass  # the starter was interrupted; the server is useful all the same
        self._descriptor = None
