"""The descriptor under a stream, for readers that are slow, have stopped, or share it with other programs."""

import io
import os
import select
import stat
import sys
import threading
from typing import Any

PATIENCE = 1.0  # seconds that a reader who takes nothing may delay the work
KEPT = 2**20  # bytes for such a reader: the newest whole lines


class Outlet(io.RawIOBase):
    """Writes everything, also if another process makes the descriptor non-blocking, as ssh does with its terminal.

    If it is `held`, a thread writes: a terminal stopped by Ctrl-S, or one whose connection is interrupted, holds up the
    text, but not the writer. Call `wait` after a write: it gives the reader PATIENCE seconds, and raises the OSError of
    a write that failed.
    """

    def __init__(self, descriptor: int, *, held: bool) -> None:
        self._descriptor = descriptor
        self._is_held = held and not stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._lock = threading.Lock()
        self._text = bytearray()
        self._writer: threading.Thread | None = None
        self._is_stalled = False
        self._failure: OSError | None = None

    def write(self, data: Any) -> int:
        content = bytes(data)
        if not (self._is_held and self._hand_over(content)):
            self._write_all(content)
        return len(content)

    def wait(self, *, to_the_end: bool = False) -> None:
        """Wait until the held text is written, at most PATIENCE seconds unless `to_the_end`, and not again while the
        reader has stopped.
        """
        writer = self._writer
        if writer is not None and (to_the_end or not self._is_stalled):
            writer.join(None if to_the_end else PATIENCE)
            self._is_stalled = writer.is_alive()
        if self._failure is not None:
            raise self._failure

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def _hand_over(self, content: bytes) -> bool:
        """Let a thread write the text; False if this machine has no room for one, or Python is ending."""
        if sys.is_finalizing():
            return False
        with self._lock:
            if self._writer is None:
                self._is_stalled = False
                writer = threading.Thread(target=self._write_held, daemon=True)
                try:
                    writer.start()
                except RuntimeError:
                    return False
                self._writer = writer
            self._text += content
            if (excess := len(self._text) - KEPT) > 0:
                del self._text[: self._text.find(b"\n", excess - 1) + 1 or excess]
        return True

    def _write_held(self) -> None:
        while True:
            with self._lock:
                content, self._text = bytes(self._text), bytearray()
                if not content or self._failure is not None:
                    self._writer = None
                    return
            try:
                self._write_all(content)
            except OSError as cause:
                self._failure = cause

    def _write_all(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                select.select((), (self._descriptor,), ())
