"""Compares two versions in slices of time: the result of each slice, and of all slices so far.

A look at a running release reads all slices again, and most of them have not changed. `RunningComparison` keeps their
results, so the cost of a look depends on what is new, not on how long the release has been running.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf

from hybridctl.domain.evidence import MOST_OF_A_SLICE, Counts, Evidence, clustering, weigh
from hybridctl.domain.samples import Sample
from hybridctl.domain.watch_rules import Margin
from hybridctl.percentiles import percentile_of_ascending

Slice = tuple[Sample, Sample]  # of the old version and of the new version

ENOUGH_TO_COMPARE = 10  # requests in a slice
ENOUGH_TO_LEARN = 20  # durations of the old version that are needed for a threshold


@dataclass(frozen=True, slots=True)
class SlowCounts(Counts):
    """Slow requests of both versions. `reached` counts the old version's requests that took at least as long as the
    threshold.
    """

    reached: int = 0


def count_slow(old: Sequence[float], new: Sequence[float], learnt: Sequence[float], margin: Margin) -> SlowCounts:
    """Count the slow requests of one slice, with the margin for the new version.

    A request is slow if it exceeds the old version's percentile of the earlier slices, `learnt`. All durations are
    ascending.
    """
    if len(learnt) < ENOUGH_TO_LEARN:
        # A percentile of both versions together does not depend on which one answered.
        learnt = sorted(chain(old, map(margin.remove, new)))
    threshold = percentile_of_ascending(learnt, margin.rank)
    if threshold is None:
        return SlowCounts(0, 0, 0, 0)
    slow = [len(side) - bisect_right(side, limit) for side, limit in ((old, threshold), (new, margin.limit(threshold)))]
    return SlowCounts(len(old), slow[0], len(new), slow[1], len(old) - bisect_left(old, threshold))


@dataclass(frozen=True, slots=True)
class Slowness:
    """The evidence of all slices that a percentile exceeds its margin, and the requests that exceed the limit."""

    evidence: float
    counts: Counts


@dataclass(frozen=True, slots=True)
class _Part:
    """Merged slices that end before the index `end`, and the evidence of all slices before that index."""

    end: int
    old: Sample
    errors: Counts
    slow: tuple[SlowCounts, ...]
    evidence: tuple[Evidence, ...]  # of errors, then of each margin


class RunningComparison:
    """Compares both versions slice by slice. Slices are merged until they have enough requests to compare.

    `phases` is how many phases the release has; see `weigh`.
    """

    def __init__(self, margins: Sequence[Margin], *, phases: int = 1, most: float = MOST_OF_A_SLICE) -> None:
        self._margins = margins
        self._phases = phases
        self._nothing = (Evidence(most),) * (1 + len(margins))
        self._seen: Sequence[Slice] = ()
        self._parts: list[_Part] = []
        self._learnt: list[float] = []  # ascending, of all parts but the last

    def read(self, slices: Sequence[Slice]) -> None:
        """Read all slices so far. Slices that are the same objects as last time are not judged again, except the last
        one.
        """
        self._keep(_count_same(self._seen, slices))
        self._seen = slices
        begin = self._parts[-1].end if self._parts else 0
        for at, (end, merged) in enumerate(_put_together(slices, begin)):
            if at:
                self._learn(self._parts[-1].old)
            self._parts.append(self._judge(end, *merged))

    @property
    def new_errors(self) -> int:
        return sum(part.errors.new_hits for part in self._parts)

    @property
    def failing_slices(self) -> int:
        """In how many slices the new version failed."""
        return sum(part.errors.new_hits > 0 for part in self._parts)

    @property
    def errors(self) -> float:
        """The evidence that the new version fails more often."""
        # One phase needs no estimate of the clustering before its time is up; see `judge`.
        strength = self._phases if self._phases > 1 else inf
        return weigh([part.errors for part in self._parts], self._evidence()[0], strength)

    @property
    def clustering(self) -> float:
        """How many failures occur together; see `clustering`."""
        return clustering([part.errors for part in self._parts])

    @property
    def slowness(self) -> Sequence[Slowness]:
        """The evidence that the new version is slower, for each margin."""
        return [self._slowness(at, margin) for at, margin in enumerate(self._margins)]

    def bounds(self) -> Sequence[float]:
        """Return upper bounds of the evidence of errors and of each margin."""
        return [one.bound() for one in self._evidence()]

    def _keep(self, same: int) -> None:
        """Drop the last part, which may be incomplete, and every part with a slice after the first `same` slices."""
        del self._parts[-1:]
        kept = len(self._parts)
        while kept and self._parts[kept - 1].end > same:
            kept -= 1
        if kept < len(self._parts):
            del self._parts[kept:]
            self._learnt = sorted(chain.from_iterable(part.old.warm_ms for part in self._parts))

    def _learn(self, old: Sample) -> None:
        self._learnt += old.warm_ms
        self._learnt.sort()

    def _judge(self, end: int, old: Sample, new: Sample) -> _Part:
        errors = Counts(old.requests, old.errors, new.requests, new.errors)
        slow = tuple(count_slow(old.warm_ms, new.warm_ms, self._learnt, margin) for margin in self._margins)
        evidence = tuple(one.add(counts) for one, counts in zip(self._evidence(), (errors, *slow), strict=True))
        return _Part(end, old, errors, slow, evidence)

    def _evidence(self) -> tuple[Evidence, ...]:
        return self._parts[-1].evidence if self._parts else self._nothing

    def _slowness(self, at: int, margin: Margin) -> Slowness:
        counts = [part.slow[at] for part in self._parts]
        total = SlowCounts(
            sum(one.old for one in counts),
            sum(one.old_hits for one in counts),
            sum(one.new for one in counts),
            sum(one.new_hits for one in counts),
            sum(one.reached for one in counts),
        )
        evidence = weigh(counts, self._evidence()[1 + at], self._phases) if _is_beyond(total, margin) else 1.0
        return Slowness(evidence, total)


def _is_beyond(counts: SlowCounts, margin: Margin) -> bool:
    """Return whether the new version's percentile exceeds the limit.

    If many of the old version's durations are equal, fewer of them exceed the percentile than its rank says. More of
    the new version's durations may then exceed it although its percentile is the same.
    """
    if not counts.new or not counts.old:
        return False
    return counts.new_hits / counts.new > min(1 - margin.rank / 100, counts.reached / counts.old)


def _count_same(before: Sequence[Slice], slices: Sequence[Slice]) -> int:
    """Return how many slices at the start are the same objects."""
    pairs = enumerate(zip(before, slices, strict=False))
    changed = (at for at, (one, other) in pairs if one[0] is not other[0] or one[1] is not other[1])
    return next(changed, min(len(before), len(slices)))


def _put_together(slices: Sequence[Slice], begin: int) -> Iterator[tuple[int, Slice]]:
    """Merge the slices from `begin` on until each has enough requests to compare. Failures do not affect how slices are
    merged.

    Each result starts with the index after its last slice.
    """
    merged: Slice | None = None
    for end, (old, new) in enumerate(slices[begin:], begin + 1):
        merged = (merged[0].add(old), merged[1].add(new)) if merged else (old, new)
        if sum(side.requests for side in merged) >= ENOUGH_TO_COMPARE:
            yield end, merged
            merged = None
    if merged:
        yield len(slices), merged
