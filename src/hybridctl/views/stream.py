"""stdout and stderr whose writes never fail, whatever happened to the reader, terminal or disk."""

import errno
import io
import os
import select
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

from hybridctl.domain.visible_text import make_visible
from hybridctl.outlet import Outlet

_READER_GONE = frozenset((errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO, errno.ECONNRESET))


class ReaderGone(Exception):
    """Nobody reads the output any more, so a command that prints until it is stopped can stop."""


class Stream(io.TextIOBase):
    """A text stream that goes silent at its first failure and keeps the error in `lost`.

    Characters that its encoding lacks are escaped. The descriptor of a lost stream is redirected to /dev/null, so that
    neither a child process nor the interpreter's exit meets the failure again. If it is `held`, a reader who has
    stopped reading delays the writer only briefly; `finish` then waits for the reader.
    """

    def __init__(self, file: TextIO, *, held: bool = False) -> None:
        self._file = self._given = file  # the given one stays open as long as this stream
        self._outlet: Outlet | None = None
        self.lost: OSError | ValueError | None = None
        with suppress(OSError, ValueError):
            if isinstance(file, io.TextIOWrapper):
                file.reconfigure(errors="backslashreplace")
                self._outlet = Outlet(file.fileno(), held=held)
                self._file = io.TextIOWrapper(
                    io.BufferedWriter(self._outlet),
                    file.encoding,
                    file.errors,
                    newline="\n",
                    # With PYTHONUNBUFFERED, Python writes through to a file without a buffer. There is one here.
                    line_buffering=file.line_buffering or file.write_through,
                )

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._file, "encoding", None) or "utf-8"

    @property
    def is_abandoned(self) -> bool:
        """Return whether the reader is gone; for a pipe this is noticed even while nothing is written."""
        if self.lost is not None:
            return True
        try:
            watched = select.poll()
            watched.register(self.fileno(), select.POLLERR)
            return any(found & select.POLLERR for _, found in watched.poll(0))
        except (AttributeError, OSError, ValueError):  # no such call on this system, or no file beneath the stream
            return False

    @property
    def is_unwritable(self) -> bool:
        """Return whether output was lost although someone wants it, as on a full disk."""
        return isinstance(self.lost, OSError) and self.lost.errno not in _READER_GONE

    def write(self, text: str) -> int:
        if self.lost is None:
            try:
                self._file.write(text)
                self._wait()
            except (OSError, ValueError) as cause:
                self._lose(cause)
        return len(text)

    def flush(self) -> None:
        self._flush()

    def finish(self) -> None:
        """Write everything that is left, however long the reader takes."""
        self._flush(to_the_end=True)

    def isatty(self) -> bool:
        try:
            return self._file.isatty()
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        return self._file.fileno()

    def writable(self) -> bool:
        return True

    def _flush(self, *, to_the_end: bool = False) -> None:
        if self.lost is None:
            try:
                self._file.flush()
                self._wait(to_the_end=to_the_end)
            except (OSError, ValueError) as cause:
                self._lose(cause)

    def _wait(self, *, to_the_end: bool = False) -> None:
        if self._outlet is not None:
            self._outlet.wait(to_the_end=to_the_end)

    def _lose(self, cause: OSError | ValueError) -> None:
        self.lost = cause
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._file.fileno())
            os.close(nowhere)


class VisibleStream(Stream):
    """The stream for all other writers of plain text: help pages, warnings, libraries, tracebacks."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def write(self, text: str) -> int:
        self._stream.write(make_visible(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()
