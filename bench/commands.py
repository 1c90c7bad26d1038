"""A child process as a contender."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contest import Absent, Contender, Sample, nothing


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a child runs; None is this process's own folder and environment."""

    cwd: Path | None = None
    env: Mapping[str, str] | None = None


HERE = Inside()


def command(
    name: str,
    argv: Sequence[str],
    inside: Inside = HERE,
    *,
    prepare: Callable[[], None] = nothing,
    codes: Sequence[int] = (0,),
) -> Contender:
    """Run `argv` to its end, its output thrown away."""
    return Contender(name, lambda: timed([argv], inside, codes=codes), prepare)


def timed(lines: Sequence[Sequence[str]], inside: Inside = HERE, *, codes: Sequence[int] = (0,)) -> Sample:
    """The time of several lines one after the other, and the processor time of all that they started.

    Other work on the machine changes the processor time little, and both alike.
    """
    started = time.perf_counter()
    worked = sum(_run(line, inside, codes) for line in lines)
    return {"seconds": time.perf_counter() - started, "CPU seconds": worked}


def _run(argv: Sequence[str], inside: Inside, codes: Sequence[int]) -> float:
    """The processor time of the child and of its own children, in seconds."""
    with tempfile.TemporaryFile() as said:
        try:
            child = subprocess.Popen(
                argv,
                cwd=inside.cwd,
                env=inside.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        except FileNotFoundError as cause:
            raise Absent("not installed") from cause
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in codes:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:] or ["without a message"]
            raise Absent(f"{Path(argv[0]).name} ended with {child.returncode}: {last[0]}")
        return used.ru_utime + used.ru_stime
