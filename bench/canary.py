"""How often the verdict on a new version is right: thousands of simulated releases, by hybridctl's own `judge`.

`python -m bench.canary` prints the tables of docs/canary.md, seeded, in a few minutes; `python -m bench.canary 200` is
a quick one. A release is a list of slices of 5 seconds, looked at every 15 seconds, and its phases are watched on as
`deploy` does it. `python -m bench.canary 2000 errors` prints one table.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain, product
from math import exp, log, sqrt
from random import Random

from hybridctl.domain.evidence import SLICE_SECONDS, Counts, Evidence, SlowRequests
from hybridctl.domain.watch import ENOUGH_TO_COMPARE, Sample, WatchFinding, judge, put_together
from hybridctl.domain.watch_rules import USUAL
from hybridctl.operations.watch import WINDOWS, is_worth_watching

Phases = tuple[tuple[float, float], ...]
CANARY: Phases = ((0.1, 300.0),)
LINEAR: Phases = tuple((step / 10, 60.0) for step in range(1, 10))
_SEED = 2  # counted up whenever the rule is changed: the worlds that it was made on are not those it is judged by
_OUTAGE = 6  # slices from one outage to the next
_LOOK = 3  # slices: CloudWatch is read every 15 seconds
_SIGMA = 0.5  # of the logarithm of a duration: the p95 is 2.3 times the median


@dataclass(frozen=True)
class World:
    """What happens: `requests` in the first phase's time, of both versions together.

    `burst` is the mean number of failures that come at once, all of one version and within a slice. `outage` is a share
    of the new version's requests that fail besides in each sixth slice, and in no other. `slow_path` is a share of
    requests that take 400 ms. `factor` is how much slower the new version is (of the slow path only, where
    there is one), `median` the old version's median in milliseconds; 0 leaves the latency out.
    """

    requests: int
    base: float = 0.0
    more: float = 0.0
    burst: float = 1.0
    outage: float = 0.0
    median: float = 0.0
    factor: float = 1.0
    slow_path: float = 0.0


def run_release(random: Random, world: World, phases: Phases = CANARY, *, shortcut: bool = True) -> WatchFinding:
    """How one release ends: as of `deploy`, a phase that is inconclusive goes on, and then ends the release.

    With the `shortcut`, `judge` is asked only where it may say something: at the end of a window, and where the
    evidence, summed up slice by slice, has reached the limit.
    """
    slices: list[tuple[Sample, Sample]] = []
    evidence = Running(has_latency=world.median > 0)
    calm = replace(world, outage=0.0)
    rate = world.requests / phases[0][1] * SLICE_SECONDS
    finding = WatchFinding.INCONCLUSIVE
    for share, seconds in phases:
        looks = round(seconds / SLICE_SECONDS)
        for look in range(1, WINDOWS * looks + 1):
            new = _drawn(random, rate * share)
            old = _drawn(random, rate * (1 - share))
            during = world if len(slices) % _OUTAGE == 0 else calm
            slices.append((_sample(random, world, 1, old), _sample(random, during, 2, new)))
            evidence.add(*slices[-1])
            is_window = look % looks == 0
            if look % _LOOK or (shortcut and not is_window and not evidence.may_be_enough()):
                continue
            finding = _judge(slices, ended=is_window)
            if finding is WatchFinding.FAIL:
                return finding
            new_ones = [one for _, one in slices]
            hopeful = is_worth_watching(sum(one.requests for one in new_ones), sum(one.errors for one in new_ones), 30)
            if is_window and (finding is WatchFinding.PASS or not hopeful):
                break
        if finding is not WatchFinding.PASS:
            return finding
    return finding


class Running:
    """What `judge` works out of all slices, kept from one slice to the next; slices are put together as it does."""

    def __init__(self, *, has_latency: bool) -> None:
        self._errors = Evidence()
        margins = USUAL.margins if has_latency else ()
        self._slowness = [(Evidence(), SlowRequests(one.rank, one.factor, one.milliseconds)) for one in margins]
        self._old = 0
        self._open: tuple[Sample, Sample] | None = None

    def add(self, old: Sample, new: Sample) -> None:
        if self._open is not None:
            old, new = put_together(self._open[0], old), put_together(self._open[1], new)
        self._open = old, new
        if old.requests + new.requests >= ENOUGH_TO_COMPARE:
            self._with(old, new, learns=True)
            self._open = None
            self._old += old.requests

    def may_be_enough(self) -> bool:
        """Whether any evidence may have reached its limit, before what clustering takes away from it."""
        if self._old < USUAL.min_baseline:
            return True
        found = [self._errors, *(one for one, _ in self._slowness)]
        if self._open is not None:
            found = self._with(*self._open, learns=False)
        return any(
            one.bound() * (USUAL.for_slowness if at else USUAL.for_errors) * USUAL.false_alarm >= 1
            for at, one in enumerate(found)
        )

    def _with(self, old: Sample, new: Sample, *, learns: bool) -> list[Evidence]:
        """The evidence with this slice; it stays only if it `learns`."""
        errors = self._errors if learns else copy(self._errors)
        errors.add(Counts(old.requests, old.errors, new.requests, new.errors))
        found = [errors]
        for known, requests in self._slowness:
            slowness = known if learns else copy(known)
            counts = requests.count(old.warm_ms, new.warm_ms, learns=learns)
            if counts is not None:
                slowness.add(counts)
            found.append(slowness)
        return found


def _judge(slices: list[tuple[Sample, Sample]], *, ended: bool) -> WatchFinding:
    old, new = (_summed(side) for side in zip(*slices, strict=True))
    return judge(old, new, ended=ended, slices=slices).finding


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
        errors = min(requests, sum(_geometric(random, world.burst) for _ in range(bursts)))
    if not world.median:
        return Sample(version, requests, errors)
    factor = world.factor if version == 2 else 1.0
    return Sample(version, requests, errors, 0, tuple(_durations(random, world, requests, factor)))


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


def simulate(releases: int, world: World, phases: Phases = CANARY) -> Counter[WatchFinding]:
    """How many releases end in which way; the seed is the world and `_SEED`."""
    random = Random(repr((_SEED, world, phases)))  # noqa: S311  (a simulation)
    return Counter(run_release(random, world, phases) for _ in range(releases))


def _cell(found: Counter[WatchFinding]) -> str:
    all_of_it = found.total()
    shares = (100 * found[one] / all_of_it for one in (WatchFinding.FAIL, WatchFinding.INCONCLUSIVE, WatchFinding.PASS))
    return "/".join(f"{share:.1f}" if 0 < share < 10 else f"{share:.0f}" for share in shares)


def _error_rows(
    releases: int, sizes: Iterable[int], bases: Iterable[float], burst: float = 1.0, phases: Phases = CANARY
) -> Iterator[tuple[str, ...]]:
    for size, base in product(sizes, bases):
        world = World(size, base, burst=burst)
        cells = (_cell(simulate(releases, replace(world, more=more), phases)) for more in (0, 0.01, 0.02, 0.05, 0.1))
        yield f"{size:,}", f"{base:.1%}", *cells


def _outage_rows(releases: int) -> Iterator[tuple[str, ...]]:
    for size, base in product((1000, 10_000), (0.0, 0.01, 0.03)):
        cells = (_cell(simulate(releases, World(size, base, outage=share))) for share in (0.1, 0.3, 0.5, 0.9))
        yield f"{size:,}", f"{base:.1%}", *cells


def _latency_rows(releases: int) -> Iterator[tuple[str, ...]]:
    kinds = {"20 ms": (20.0, 0.0), "200 ms": (200.0, 0.0), "20 ms, 6 % take 400 ms": (20.0, 0.06)}
    for size, (name, (median, slow)) in product((200, 1000), kinds.items()):
        world = World(size, median=median, slow_path=slow)
        cells = (_cell(simulate(releases, replace(world, factor=factor))) for factor in (1.0, 1.2, 1.5, 2.0, 3.0))
        yield f"{size:,}", name, *cells


def main(releases: int, sections: Iterable[str]) -> None:
    errors = ("requests", "base", "+0", "+1 %", "+2 %", "+5 %", "+10 %")
    latency = ("requests", "latency", "1x", "1.2x", "1.5x", "2x", "3x")
    tables = {
        "errors": (errors, _error_rows(releases, (50, 200, 1000, 10_000), (0.0, 0.01, 0.03))),
        "linear": (errors, _error_rows(releases, (50, 200, 1000), (0.0, 0.01, 0.03), phases=LINEAR)),
        "bursts": (errors, _error_rows(releases, (1000, 10_000), (0.01, 0.03), burst=3.0)),
        "linear-bursts": (errors, _error_rows(releases, (1000,), (0.01, 0.03), burst=3.0, phases=LINEAR)),
        "outages": (("requests", "base", "10 %", "30 %", "50 %", "90 %"), _outage_rows(releases)),
        "latency": (latency, _latency_rows(releases)),
    }
    for section in sections or tables:
        head, rows = tables[section]
        print(f"{section}, {releases} releases a cell, fail/inconclusive/pass in %\n", flush=True)  # noqa: T201
        for row in chain([head, ("---",) * len(head)], rows):
            print(f"| {' | '.join(row)} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, sys.argv[2:])
