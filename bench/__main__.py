"""`python -m bench [NAME …]`: hold the contests, print the tables, keep the JSON."""

import sys
from contextlib import closing
from datetime import UTC, datetime

from bench import registry
from bench.contest import Outcome
from bench.harness import hold
from bench.machine import describe
from bench.report import Results
from bench.terminal import show
from bench.workshop import Workshop


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in registry.NAMES]:
        sys.stderr.write(f"error: no measurement {', '.join(unknown)}; there are {', '.join(registry.NAMES)}\n")
        return 2
    with closing(Workshop()) as workshop:
        for name in names or registry.NAMES:
            outcomes = _held(name, workshop)
            results = Results(name, registry.title(name), f"{datetime.now(UTC):%Y-%m-%d}", describe(), outcomes)
            results.save()
            show(results)
    return 0


def _held(name: str, workshop: Workshop) -> tuple[Outcome, ...]:
    outcomes = []
    for contest in registry.contests(name)(workshop):
        sys.stderr.write(f"{name}: {contest.title}\n")
        outcomes.append(hold(contest))
    return tuple(outcomes)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
