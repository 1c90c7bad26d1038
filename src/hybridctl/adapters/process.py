"""A child process whose output is streamed and which is interrupted gently."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished child: its code, what came on stderr, and how often it was interrupted."""

    code: int
    stderr: str
    interrupts: int


def stream(argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str], on_line: Callable[[str], None]) -> Ran:
    """Run a child in a session of its own and hand over each line of its stdout.

    A terminal's Ctrl-C reaches this process only; each press becomes exactly one SIGINT to the child, which is then
    waited for and its output drained. SIGTERM to this process counts as one press. It is never killed.
    """
    with subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        assert child.stdout is not None  # noqa: S101  (asked for above)
        assert child.stderr is not None  # noqa: S101
        stderr: list[str] = []
        reader = threading.Thread(target=_collect, args=(child.stderr, stderr), daemon=True)
        reader.start()
        with _handing_on(child.pid) as interrupts:
            for line in child.stdout:
                on_line(line)
            code = child.wait()
        reader.join()
    return Ran(code, "".join(stderr), len(interrupts))


def _collect(pipe: IO[str], into: list[str]) -> None:
    into.extend(pipe)


@contextmanager
def _handing_on(pid: int) -> Iterator[list[int]]:
    """While inside, SIGINT and SIGTERM go to the child `pid` instead of ending us; the list counts them."""
    taken: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield taken  # signals are delivered to the main thread only
        return

    def hand_on(number: int, _frame: FrameType | None) -> None:
        taken.append(number)
        with suppress(ProcessLookupError):  # it may end in this very moment
            os.kill(pid, signal.SIGINT)

    previous = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield taken
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
