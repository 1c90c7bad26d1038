"""How often the verdict on a new version is right: thousands of simulated releases, by hybridctl's own `judge`.

`python -m bench.canary` makes the tables of docs/canary.md, seeded: half an hour of CPU time. Each finished cell is
kept in bench/results/canary, so an interrupted run goes on from there. `python -m bench.canary 200` prints a quick
version and keeps nothing, `python -m bench.canary 2000 errors` makes one table.

A release is a list of slices of 5 seconds, looked at every 15 seconds, and its phases are extended as `deploy` does it.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, product
from math import exp, log, sqrt
from pathlib import Path
from random import Random
from typing import Any

from hybridctl.domain.comparison import RunningComparison, Slice
from hybridctl.domain.evidence import SLICE_SECONDS
from hybridctl.domain.samples import Sample
from hybridctl.domain.strategy import MOST_TIMES
from hybridctl.domain.watch import WatchFinding, judge
from hybridctl.domain.watch_rules import USUAL
from hybridctl.files import write_file
from hybridctl.operations.watch import is_worth_watching

Phases = tuple[tuple[float, float], ...]
CANARY: Phases = ((0.1, 300.0),)
LINEAR: Phases = tuple((step / 10, 60.0) for step in range(1, 10))
# Counted up whenever the rule is changed: the worlds that it was made on are not those it is judged by.
_SEED, _SEED_OF_LINEAR = 5, 4
FOLDER = Path(__file__).with_name("results") / "canary"
_KEPT = 2000  # releases of a cell that is worth keeping
_OUTAGE = 6  # slices from one outage to the next
_LOOK = 3  # slices: CloudWatch is read every 15 seconds
_SIGMA = 0.5  # of the logarithm of a duration: the p95 is 2.3 times the median


@dataclass(frozen=True)
class World:
    """What happens: `requests` in the first phase's time, of both versions together.

    `burst` is the mean number of failures that come at once, all of one version and within a slice; each burst has this
    size if they are `equal`, else the sizes are geometric. `outage` is a share
    of the new version's requests that fail besides in each sixth slice, and in no other. `slow_path` is a share of
    requests that take 400 ms. `factor` is how much slower the new version is (of the slow path only, where
    there is one), `median` the old version's median in milliseconds; 0 leaves the latency out.
    """

    requests: int
    base: float = 0.0
    more: float = 0.0
    burst: float = 1.0
    equal: bool = False
    outage: float = 0.0
    median: float = 0.0
    factor: float = 1.0
    slow_path: float = 0.0


def run_release(random: Random, world: World, phases: Phases = CANARY, *, shortcut: bool = True) -> WatchFinding:
    """How one release ends: as of `deploy`, a phase that is inconclusive goes on, and then ends the release.

    With the `shortcut`, `judge` is asked only where it may say something: at the end of a window, and where the
    evidence, summed up slice by slice, has reached the limit.
    """
    slices: list[Slice] = []
    rules = USUAL if world.median else replace(USUAL, margins=())
    known = RunningComparison(rules.margins, phases=len(phases))
    extensions = (MOST_TIMES - 1) * len(phases)
    calm = replace(world, outage=0.0)
    rate = world.requests / phases[0][1] * SLICE_SECONDS
    finding = WatchFinding.INCONCLUSIVE
    for share, seconds in phases:
        looks = round(seconds / SLICE_SECONDS)
        for look in count(1):
            new = _drawn(random, rate * share)
            old = _drawn(random, rate * (1 - share))
            during = world if len(slices) % _OUTAGE == 0 else calm
            slices.append((_sample(random, world, 1, old), _sample(random, during, 2, new)))
            is_window = look % looks == 0
            if look % _LOOK:
                continue
            known.read(slices)
            if shortcut and not is_window and not _may_be_enough(known, slices):
                continue
            is_last = is_window and not extensions
            finding = _judge(slices, ended=is_window, rules=rules, known=known, phases=len(phases), time_is_up=is_last)
            if finding is WatchFinding.FAIL:
                return finding
            if not is_window:
                continue
            if finding is WatchFinding.PASS or not extensions or not _is_hopeful(slices, 1 + extensions * looks / look):
                break
            extensions -= 1
        if finding is not WatchFinding.PASS:
            return finding
    return finding


def _may_be_enough(known: RunningComparison, slices: Sequence[Slice]) -> bool:
    """Whether any evidence may have reached its limit."""
    errors, *slowness = known.bounds()
    if USUAL.false_alarm * max(errors * USUAL.for_errors, USUAL.for_slowness * max(slowness, default=0.0)) >= 1:
        return True
    return not any(old.requests for old, _ in slices)


def _is_hopeful(slices: Sequence[Slice], longer: float) -> bool:
    new = [one for _, one in slices]
    requests, errors = sum(one.requests for one in new), sum(one.errors for one in new)
    return is_worth_watching(requests, errors, USUAL.min_requests, longer)


def _judge(slices: Sequence[Slice], **more: Any) -> WatchFinding:
    old, new = (_summed(side) for side in zip(*slices, strict=True))
    return judge(old, new, slices=slices, **more).finding


def _summed(parts: Iterable[Sample]) -> Sample:
    parts = list(parts)
    warm = tuple(sorted(taken for part in parts for taken in part.warm_ms))
    requests = sum(one.requests for one in parts)
    # Where the latency is left out, both versions are alike.
    return Sample(parts[0].version, requests, sum(one.errors for one in parts), 0, warm or (1.0,) * min(requests, 30))


def _sample(random: Random, world: World, version: int, requests: int) -> Sample:
    rate = world.base + (world.more + world.outage if version == 2 else 0.0)
    if world.burst == 1.0:
        errors = _hits(random, requests, rate)
    else:
        bursts = _hits(random, requests, rate / world.burst)
        sizes = (world.burst if world.equal else _geometric(random, world.burst) for _ in range(bursts))
        errors = min(requests, round(sum(sizes)))
    if not world.median:
        return Sample(version, requests, errors)
    factor = world.factor if version == 2 else 1.0
    return Sample(version, requests, errors, 0, tuple(sorted(_durations(random, world, requests, factor))))


def _durations(random: Random, world: World, requests: int, factor: float) -> Iterator[float]:
    for _ in range(requests):
        spread = exp(random.gauss(0.0, _SIGMA))
        if random.random() < world.slow_path:
            yield 400.0 * factor * spread
        else:
            yield world.median * (1.0 if world.slow_path else factor) * spread


def _drawn(random: Random, mean: float) -> int:
    """A Poisson number; beyond 50, by its normal approximation."""
    if mean > 50:
        return max(0, round(random.gauss(mean, sqrt(mean))))
    count, product, floor = 0, random.random(), exp(-mean)
    while product > floor:
        count, product = count + 1, product * random.random()
    return count


def _hits(random: Random, trials: int, share: float) -> int:
    """A binomial number: by the gaps between hits, which are few."""
    if share <= 0:
        return 0
    hits, at = 0, 0
    while True:
        at += int(log(1 - random.random()) / log(1 - share)) + 1
        if at > trials:
            return hits
        hits += 1


def _geometric(random: Random, mean: float) -> int:
    return int(log(1 - random.random()) / log(1 - 1 / mean)) + 1


def _seed_of(phases: Phases) -> int:
    return _SEED if len(phases) == 1 else _SEED_OF_LINEAR


def simulate(releases: int, world: World, phases: Phases = CANARY) -> Counter[WatchFinding]:
    """How many releases end in which way; the seed is the world and the number of the rule."""
    random = Random(repr((_seed_of(phases), world, phases)))  # noqa: S311  (a simulation)
    return Counter(run_release(random, world, phases) for _ in range(releases))


def show(counts: Mapping[str, int]) -> str:
    """A cell: fail/inconclusive/pass in %."""
    shares = (100 * counts[one] / sum(counts.values()) for one in ("fail", "inconclusive", "pass"))
    return "/".join(f"{share:.1f}" if 0 < share < 10 else f"{share:.0f}" for share in shares)


Rows = Iterator[tuple[tuple[str, str], Sequence[World]]]


@dataclass(frozen=True)
class Table:
    """Cells by row and column: a row's first two columns name it, each other column has a world."""

    head: tuple[str, ...]
    rows: Callable[[], Rows]
    phases: Phases = CANARY

    def cells(self) -> Iterator[tuple[str, World]]:
        for name, worlds in self.rows():
            for column, world in zip(self.head[2:], worlds, strict=True):
                yield " ".join((*name, column)), world

    def lines(self, cells: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
        """The table in Markdown; a cell that is not known is empty."""
        yield f"| {' | '.join(self.head)} |"
        yield f"|{' --- |' * len(self.head)}"
        for name, _ in self.rows():
            found = (cells.get(" ".join((*name, column))) for column in self.head[2:])
            yield f"| {' | '.join((*name, *(show(one) if one else '' for one in found)))} |"


def _error_rows(sizes: Iterable[int], bases: Iterable[float], **more: Any) -> Rows:
    for size, base in product(sizes, bases):
        worlds = [World(size, base, more=worse, **more) for worse in (0, 0.01, 0.02, 0.05, 0.1)]
        yield (f"{size:,}", f"{base:.1%}"), worlds


def _high_base_rows() -> Rows:
    kinds = {"single": 1.0, "in bursts": 3.0}
    for size, (name, burst) in product((50, 200, 1000, 10_000), kinds.items()):
        yield (f"{size:,}", name), [World(size, base, burst=burst) for base in (0.1, 0.2, 0.5)]


def _outage_rows() -> Rows:
    for size, base in product((1000, 10_000), (0.0, 0.01, 0.03)):
        yield (f"{size:,}", f"{base:.1%}"), [World(size, base, outage=share) for share in (0.1, 0.3, 0.5, 0.9)]


def _latency_rows() -> Rows:
    kinds = {"20 ms": (20.0, 0.0), "200 ms": (200.0, 0.0), "20 ms, 6 % take 400 ms": (20.0, 0.06)}
    for size, (name, (median, slow)) in product((200, 1000, 3000), kinds.items()):
        worlds = [World(size, median=median, factor=factor, slow_path=slow) for factor in (1.0, 1.2, 1.5, 2.0, 3.0)]
        yield (f"{size:,}", name), worlds


_ERRORS = ("requests", "base", "+0", "+1 %", "+2 %", "+5 %", "+10 %")
_BASES = (0.0, 0.01, 0.03)
TABLES = {
    "errors": Table(_ERRORS, partial(_error_rows, (50, 200, 1000, 10_000), _BASES)),
    "linear": Table(_ERRORS, partial(_error_rows, (50, 200, 1000, 10_000), _BASES), LINEAR),
    "bursts": Table(_ERRORS, partial(_error_rows, (1000, 10_000), _BASES[1:], burst=3.0)),
    "equal-bursts": Table(_ERRORS, partial(_error_rows, (1000, 10_000), _BASES[1:], burst=3.0, equal=True)),
    "linear-bursts": Table(_ERRORS, partial(_error_rows, (200, 1000, 10_000), _BASES[1:], burst=3.0), LINEAR),
    "high-base": Table(("requests", "failures", "10 %", "20 %", "50 %"), _high_base_rows),
    "outages": Table(("requests", "base", "10 %", "30 %", "50 %", "90 %"), _outage_rows),
    "latency": Table(("requests", "latency", "1x", "1.2x", "1.5x", "2x", "3x"), _latency_rows),
}


def load(section: str, folder: Path = FOLDER) -> dict[str, dict[str, int]]:
    """The kept cells of a table, as far as they are of this seed."""
    path = folder / f"{section}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    cells: dict[str, dict[str, int]] = (
        kept.get("cells", {}) if kept.get("seed") == _seed_of(TABLES[section].phases) else {}
    )
    return cells


def fill(section: str, releases: int, folder: Path | None = FOLDER) -> dict[str, dict[str, int]]:
    """All cells of a table; with a `folder`, those that it has are not simulated again, and each new one is kept."""
    table = TABLES[section]
    cells = load(section, folder) if folder else {}
    for key, world in table.cells():
        if sum(cells.get(key, {}).values()) == releases:
            continue
        found = simulate(releases, world, table.phases)
        cells[key] = {finding.value: found[finding] for finding in WatchFinding}
        sys.stderr.write(f"{section}: {key}: {show(cells[key])}\n")
        if folder:
            text = json.dumps({"seed": _seed_of(table.phases), "cells": cells}, indent=1) + "\n"
            write_file(folder / f"{section}.json", text.encode(), mode=0o644)
    return cells


def main(releases: int, sections: Iterable[str]) -> None:
    for section in sections or TABLES:
        cells = fill(section, releases, FOLDER if releases >= _KEPT else None)
        sys.stdout.write("\n".join([f"\n{section}", *TABLES[section].lines(cells), ""]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _KEPT, sys.argv[2:])
