"""End every process that a test run started, however the run ends.

All processes of a run inherit MARK in their environment. A guard process holds the reading end of a pipe, and only
the test run has the writing end. When the run ends, also by `kill -9`, the pipe closes and the guard ends all processes
with the mark.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "TEST_RUN_ID"
TERM_SECONDS = 2.0
KILL_SECONDS = 20.0


def start_guard() -> "subprocess.Popen[bytes]":
    """Mark this process and its children, and start the guard; it ends when its standard input closes."""
    os.environ[MARK] = f"{os.getpid()}-{time.monotonic_ns()}"
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    return subprocess.Popen(
        [sys.executable, "-S", __file__, os.environ[MARK]],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


def find_marked(mark: str) -> list[int]:
    """Return the processes that were started with this mark."""
    wanted = f"{MARK}={mark}".encode()
    return [pid for pid, variables in _read_environments() if wanted in variables and pid != os.getpid()]


def end_marked(mark: str) -> None:
    """Ask each process to end, wait, then kill; repeat until none is left, since one may just have started another."""
    began = time.monotonic()
    asked: set[int] = set()
    while (left := find_marked(mark)) and time.monotonic() < began + KILL_SECONDS:
        is_late = time.monotonic() > began + TERM_SECONDS
        for pid in left:
            if is_late or pid not in asked:
                _send(pid, signal.SIGKILL if is_late else signal.SIGTERM)
        asked.update(left)
        time.sleep(0.1)


def _read_environments() -> Iterator[tuple[int, list[bytes]]]:
    if Path("/proc/self/environ").exists():
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    yield int(folder.name), (folder / "environ").read_bytes().split(b"\0")
                except OSError:
                    continue  # it has ended, or belongs to another user
        return
    listed = subprocess.run(["ps", "axEww", "-o", "pid=,command="], capture_output=True, check=False).stdout
    for line in listed.splitlines():
        pid, _, words = line.strip().partition(b" ")
        yield int(pid), words.split(b" ")


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_marked(sys.argv[1])
