"""The one line that a starting server says to whoever started it, over a pipe: nobody has to poll for it."""

import json
import os


class Announcement:
    """Says it once; without a descriptor, or once the starter has gone away, to nobody."""

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
