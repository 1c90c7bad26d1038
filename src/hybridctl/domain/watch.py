"""Is the new version worse than the old one? The decision, from what both answered in the same window."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum, unique
from math import ceil, inf

from hybridctl.domain.counting import count_noun
from hybridctl.domain.evidence import (
    MOST_OF_A_SLICE,
    SUSPICIOUS,
    Counts,
    bound_percentile,
    bound_share,
    count_slow,
    e_value,
    e_value_beyond,
    fisher_tail,
)
from hybridctl.domain.watch_rules import USUAL, Margin, WatchRules
from hybridctl.percentiles import percentile
from hybridctl.values import dataclass

ENOUGH_TO_COMPARE = 10  # requests of a slice
_NEAR = 0.05  # a chance below it is not far from evidence
_FAR = 0.2  # a chance above it is no sign of a difference


@unique
class WatchFinding(StrEnum):
    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Totals:
    """A version's own sums in AWS/Lambda: `errors` are those that no handler answered."""

    invocations: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """What one version answered through the alias in the window.

    `errors` are answers of 5xx and invocations without an answer; `warm_ms` is how long each warm invocation took, in
    milliseconds and ascending: a cold start says something of the traffic's spread, not of the code.
    """

    version: int
    requests: int = 0
    errors: int = 0
    cold_starts: int = 0
    warm_ms: tuple[float, ...] = ()

    @property
    def error_share(self) -> float | None:
        return self.errors / self.requests if self.requests else None

    def percentile(self, rank: float) -> float | None:
        """The duration that `rank` percent of the warm requests did not exceed; None without any."""
        return percentile(self.warm_ms, rank)

    def add_totals(self, totals: Totals) -> "Sample":
        """The same, but for what the metrics saw beyond the log: a log can be late, or kept at a high level."""
        return replace(self, requests=max(self.requests, totals.invocations), errors=max(self.errors, totals.errors))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding and why; `missing` is how many more requests the new version must answer for a decision."""

    finding: WatchFinding
    reasons: tuple[str, ...]
    missing: int = 0


@dataclass(frozen=True, slots=True)
class WatchReport:
    """The numbers of one watch, as they led to its verdict."""

    share: float
    seconds: float
    old: Sample
    new: Sample
    verdict: Verdict
    red_before: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(
    old: Sample,
    new: Sample,
    *,
    ended: bool,
    slices: Sequence[tuple[Sample, Sample]] = (),
    rules: WatchRules = USUAL,
    red: Sequence[str] = (),
) -> Verdict:
    """Pass, fail or inconclusive; `red` names the stopping alarms that turned red in it.

    `slices` are the requests of both versions by time. What they do not account for (a log that lacks lines) is judged
    as one slice, by the sums.

    - **Fail by an alarm**: any in `red`.
    - **Fail by errors**: the evidence that the new version fails more often than the old one (`e_value`) is beyond the
      limit, with 2 errors at least. Where the old version answered fewer than 20 requests, more often than 1 %.
    - **Fail by latency**: the evidence that a percentile of the new version's warm requests is beyond its margin is
      above the limit, with 10 warm requests at least.
    - The limits keep the false alarms of a whole release, of all its phases and looks, below 1 %.
    - **Pass**, only once the window has ended: at least 30 requests of the new version and 20 of the old one, and
      nothing that is likely to become evidence. The reason says what the numbers exclude, with 95 % confidence each.
    - **Inconclusive** otherwise, with the number of requests that are missing. Nothing is concluded of no requests.
    """
    slices = _fill(slices)
    errors = _evidence_of_errors(old, new, slices, rules)
    slowness = _evidence_of_slowness(old, new, slices, rules)
    reasons = [f"alarm {name} turned red" for name in red]
    if new.errors >= rules.min_errors and errors * rules.for_errors >= 1 / rules.false_alarm:
        reasons.append(f"errors: {_share(new)} against {_share(old)}")
    if len(new.warm_ms) >= rules.min_warm:
        reasons += [
            _slower(old, new, margin)
            for margin, evidence in slowness.items()
            if evidence * rules.for_slowness >= 1 / rules.false_alarm
        ]
    if reasons:
        return Verdict(WatchFinding.FAIL, tuple(reasons))
    undecided = _find_doubt(old, new, rules, slowness)
    if undecided:
        return undecided
    if not ended:
        return Verdict(WatchFinding.INCONCLUSIVE, (f"nothing indicates a problem with version {new.version} so far",))
    return Verdict(WatchFinding.PASS, (_exclusions(old, new, rules),))


def _fill(slices: Sequence[tuple[Sample, Sample]]) -> list[tuple[Sample, Sample]]:
    """The same with slices put together until each has enough requests to compare; failures have no say in it."""
    found: list[tuple[Sample, Sample]] = []
    for one, other in slices:
        if found and found[-1][0].requests + found[-1][1].requests < ENOUGH_TO_COMPARE:
            found[-1] = (put_together(found[-1][0], one), put_together(found[-1][1], other))
        else:
            found.append((one, other))
    return found


def put_together(one: Sample, other: Sample) -> Sample:
    return Sample(
        one.version,
        one.requests + other.requests,
        one.errors + other.errors,
        one.cold_starts + other.cold_starts,
        tuple(sorted(one.warm_ms + other.warm_ms)),
    )


def _find_doubt(old: Sample, new: Sample, rules: WatchRules, slowness: Mapping[Margin, float]) -> Verdict | None:
    """Why nothing can be concluded yet, if so."""
    missing = max(0, rules.min_requests - new.requests)
    if missing:
        need = f"version {new.version} answered {count_noun(new.requests, 'request')}"
        return Verdict(WatchFinding.INCONCLUSIVE, (f"{need}: {missing} more needed",), missing)
    if len(old.warm_ms) < rules.min_baseline:
        short = rules.min_baseline - len(old.warm_ms)
        need = f"version {old.version} answered {count_noun(len(old.warm_ms), 'warm request')}"
        return Verdict(WatchFinding.INCONCLUSIVE, (f"{need}: {short} more needed",), 0)
    chance = fisher_tail(new.errors, new.requests, old.errors, old.requests)
    accepted = max(rules.passing_errors, old.error_share or 0.0)
    if (new.error_share or 0.0) > accepted and chance < _FAR:
        more = max(1, ceil(new.errors / accepted) - new.requests)
        why = (
            f"{_share(new)} of version {new.version} failed: not enough requests "
            f"to tell chance from failure, {more} more needed"
        )
        return Verdict(WatchFinding.INCONCLUSIVE, (why,), more)
    if new.errors > 1 and chance < _NEAR:
        why = f"{_share(new)} against {_share(old)} may be chance ({chance:.0%}): more requests would decide"
        return Verdict(WatchFinding.INCONCLUSIVE, (why,), new.requests)
    for margin, evidence in slowness.items():
        if evidence >= SUSPICIOUS:
            why = f"{_slower(old, new, margin)} may be chance: more requests would decide"
            return Verdict(WatchFinding.INCONCLUSIVE, (why,), new.requests)
    return None


def _evidence_of_errors(old: Sample, new: Sample, slices: Sequence[tuple[Sample, Sample]], rules: WatchRules) -> float:
    if old.requests < rules.min_baseline:
        return e_value_beyond(new.errors, new.requests, rules.tolerated_errors)
    parts = [Counts(one.requests, one.errors, other.requests, other.errors) for one, other in slices]
    if new.errors > sum(part.new_hits for part in parts):
        return e_value([Counts(old.requests, old.errors, new.requests, new.errors)], most=inf)
    return e_value(parts)


def _evidence_of_slowness(
    old: Sample, new: Sample, slices: Sequence[tuple[Sample, Sample]], rules: WatchRules
) -> dict[Margin, float]:
    """Of each margin, none without a baseline."""
    if len(old.warm_ms) < rules.min_baseline:
        return {}
    parts = [(one.warm_ms, other.warm_ms) for one, other in slices] or [(old.warm_ms, new.warm_ms)]
    most = MOST_OF_A_SLICE if slices else inf
    return {
        margin: e_value(count_slow(parts, margin.rank, margin.factor, margin.milliseconds), most=most)
        for margin in rules.margins
    }


def _exclusions(old: Sample, new: Sample, rules: WatchRules) -> str:
    """What the numbers of the new version exclude."""
    excluded = [f"more than {bound_share(new.errors, new.requests):.1%} errors"]
    for margin in rules.margins:
        bound, before = bound_percentile(new.warm_ms, margin.rank), old.percentile(margin.rank)
        if bound is not None and before:
            excluded.append(f"p{margin.rank:.0f} above {bound:.0f} ms ({bound / before:.1f}x)")
    return f"{count_noun(new.requests, 'request')} rule out {', '.join(excluded)}"


def _slower(old: Sample, new: Sample, margin: Margin) -> str:
    rank = margin.rank
    before, now = old.percentile(rank) or 0.0, new.percentile(rank) or 0.0
    return f"slower: p{rank:.0f} {now:.0f} ms against {before:.0f} ms (limit {margin.limit(before):.0f} ms)"


def _share(sample: Sample) -> str:
    if not sample.requests:
        return "none"
    return f"{sample.errors} of {sample.requests} ({sample.errors / sample.requests:.1%})"
