"""Runs a child process: streams its output, forwards interrupts, and lets the child finish if this process dies."""

import codecs
import os
import select
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_LOOK_SECONDS = 0.02
_UTF8 = codecs.getincrementaldecoder("utf-8")
_PRESSES = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished child: its exit code, its stderr, and the number of interrupts."""

    code: int
    stderr: str
    interrupts: int


def is_alive(pid: str | int) -> bool:
    """Return whether a process with this id exists on this machine, whoever owns it. False for anything but a
    number.
    """
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    return True


def stream(
    argv: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
    on_start: Callable[[], None] = lambda: None,
    keeps: Sequence[int] = (),
) -> Ran:
    """Run a child in its own session and pass each line of its stdout to `on_line`.

    Ctrl-C in a terminal reaches only this process. Each press sends exactly one SIGINT to the child, which is then
    awaited. SIGTERM and SIGHUP to this process count as one press. The child is never killed.

    The child writes to files, not to pipes: a Go program that writes to a pipe without a reader dies at once, so
    killing this process would kill Terraform in the middle of an apply. `keeps` are descriptors that the child keeps
    open.
    """
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        _presses() as presses,
        subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            pass_fds=tuple(keeps),
            umask=0o077,  # Terraform's cache contains account ids and values
        ) as child,
        _end_of(child) as wait,
    ):
        lines, handed_on = _Lines(out), 0
        on_start()
        while child.returncode is None:
            wait(_LOOK_SECONDS)
            for _ in presses[handed_on:]:
                handed_on += 1
                child.send_signal(signal.SIGINT)
            for line in lines.fresh(ended=child.returncode is not None):
                on_line(line)
        err.seek(0)
        return Ran(child.returncode, err.read().decode(errors="replace"), len(presses))


@contextmanager
def _end_of(child: "subprocess.Popen[bytes]") -> Iterator[Callable[[float], None]]:
    """Return a function that waits for the child, at most some seconds. On Linux it returns at once when the child
    ends; elsewhere Python polls.
    """
    if not hasattr(os, "pidfd_open"):
        yield lambda seconds: _wait(child, seconds)
        return
    descriptor = os.pidfd_open(child.pid)
    try:
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        yield lambda seconds: _wait(child, 0) if ended.poll(seconds * 1000) else None
    finally:
        os.close(descriptor)


def _wait(child: "subprocess.Popen[bytes]", seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        child.wait(seconds)


@dataclass
class _Lines:
    """The lines that another process appends to a file. The file position belongs to that process, so it is read at our
    own offset.
    """

    file: BinaryIO
    _read: int = 0
    _rest: str = ""
    _decoder: codecs.IncrementalDecoder = field(default_factory=lambda: _UTF8("replace"))

    def fresh(self, *, ended: bool) -> Iterator[str]:
        """Yield the complete lines since the last call, and at the end also an incomplete one."""
        while chunk := os.pread(self.file.fileno(), 1 << 16, self._read):
            self._read += len(chunk)
            *whole, self._rest = (self._rest + self._decoder.decode(chunk)).split("\n")
            yield from (f"{line}\n" for line in whole)
        if ended and self._rest:
            yield self._rest


@contextmanager
def _presses() -> Iterator[list[int]]:
    """Collect interrupts in a list while inside, so that they do not end this process."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed  # signals are delivered to the main thread only
        return
    previous = {number: signal.signal(number, lambda number, _frame: pressed.append(number)) for number in _PRESSES}
    try:
        yield pressed
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
