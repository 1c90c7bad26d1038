"""`python -m bench [NAME …]`: hold the contests, print the tables, keep the JSON."""

import sys
from contextlib import closing
from datetime import UTC, datetime

from bench import registry, scale
from bench.contest import Outcome
from bench.harness import hold
from bench.machine import describe
from bench.report import Results
from bench.terminal import show
from bench.workshop import Workshop


def main(names: list[str]) -> int:
    known = (*registry.NAMES, "scale")
    if unknown := [name for name in names if name not in known]:
        sys.stderr.write(f"error: no measurement {', '.join(unknown)}; there are {', '.join(known)}\n")
        return 2
    with closing(Workshop()) as workshop:
        for name in names or known:
            if name == "scale":  # it has tables and a page of its own
                scale.measure(workshop)
                continue
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
