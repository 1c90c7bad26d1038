"""A child process as a contender."""

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
    """The time of several lines one after the other."""
    started = time.perf_counter()
    for line in lines:
        _run(line, inside, codes)
    return {"seconds": time.perf_counter() - started}


def _run(argv: Sequence[str], inside: Inside, codes: Sequence[int]) -> None:
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
        if child.wait() not in codes:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:] or ["without a message"]
            raise Absent(f"{Path(argv[0]).name} ended with {child.returncode}: {last[0]}")
