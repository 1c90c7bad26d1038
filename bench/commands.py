"""A child process as a contender."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contest import Absent, Contender, Sample, nothing

_KILOBYTE_UNITS = 1024 if os.uname().sysname == "Linux" else 1  # ru_maxrss: kilobytes, but bytes on macOS


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
    figures: Sequence[str] = ("seconds",),
    codes: Sequence[int] = (0,),
) -> Contender:
    """Run `argv` to its end, its output thrown away; `figures` are of `seconds` and `peak MB`."""
    return Contender(name, lambda: timed([argv], inside, figures=figures, codes=codes), prepare)


def timed(
    lines: Sequence[Sequence[str]],
    inside: Inside = HERE,
    *,
    figures: Sequence[str] = ("seconds",),
    codes: Sequence[int] = (0,),
) -> Sample:
    """The time of several lines one after the other, and the most memory that one of them took."""
    peak = 0
    started = time.perf_counter()
    for line in lines:
        peak = max(peak, _peak(line, inside, codes))
    found = {"seconds": time.perf_counter() - started, "peak MB": peak * _KILOBYTE_UNITS / 1_000_000}
    return {name: found[name] for name in figures}


def _peak(argv: Sequence[str], inside: Inside, codes: Sequence[int]) -> int:
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
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in codes:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:] or ["without a word"]
            raise Absent(f"{Path(argv[0]).name} ended with {child.returncode}: {last[0]}")
    return usage.ru_maxrss
