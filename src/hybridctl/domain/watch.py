"""Decides whether the new version is worse than the old one, from what both answered in the same window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from math import ceil, inf

from hybridctl.domain.comparison import RunningComparison, Slice, Slowness
from hybridctl.domain.counting import count_noun
from hybridctl.domain.evidence import (
    SUSPICIOUS,
    Counts,
    bound_percentile,
    bound_share,
    burst_tail,
    e_value,
    e_value_beyond,
)
from hybridctl.domain.samples import Sample
from hybridctl.domain.watch_rules import USUAL, Margin, WatchRules


@unique
class WatchFinding(StrEnum):
    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding and its reasons. `missing` is how many more requests the new version must answer for a decision."""

    finding: WatchFinding
    reasons: tuple[str, ...]
    missing: int = 0


@dataclass(frozen=True, slots=True)
class WatchReport:
    """The numbers of one watch and its verdict."""

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
    slices: Sequence[Slice] = (),
    rules: WatchRules = USUAL,
    red: Sequence[str] = (),
    known: RunningComparison | None = None,
    phases: int = 1,
    time_is_up: bool = False,
) -> Verdict:
    """Return pass, fail or inconclusive. `red` names the stop alarms that turned red in the window.

    `slices` are the requests of both versions by time. If they lack requests of the sums (a log without some lines),
    the sums are judged as one slice. `known` is the state of an earlier look at the same release, which this look
    continues. `phases` is the number of phases in which the release could end in doubt. `time_is_up` means that the
    window has ended and no phase can be extended any more.

    - **Fail by an alarm**: any in `red`.
    - **Fail by errors**: the evidence that the new version fails more often than the old one (`e_value`) exceeds the
      limit, with at least 2 errors. If the old version answered nothing: more often than 1 %. A release with one phase
      also fails if so many errors are too unlikely (`burst_tail`) when the time is up.
    - **Fail by latency**: the evidence that a percentile of the new version's warm requests exceeds its margin is
      above the limit, with at least 10 warm requests.
    - The limits keep the false alarms of a whole release, with all its phases and looks, below 1 %.
    - **Pass**, only after the end of the window: at least 30 requests of the new version and 20 of the old one, and
      nothing that is likely to become evidence. The reason says what the numbers exclude, each with 95 % confidence.
    - **Inconclusive** otherwise, with the number of missing requests. No requests never lead to a pass or a fail.
    """
    compared = RunningComparison(rules.margins, phases=phases) if known is None else known
    compared.read(slices)
    fails_more = _fails_more(old, new, compared, rules, phases=phases, time_is_up=time_is_up)
    if not slices:
        compared = RunningComparison(rules.margins, most=inf)
        compared.read([(old, new)])
    has_baseline = len(old.warm_ms) >= rules.min_baseline
    slowness = dict(zip(rules.margins, compared.slowness, strict=True)) if has_baseline else {}
    reasons = [f"alarm {name} turned red" for name in red]
    if fails_more:
        reasons.append(f"errors: {_share(new)} against {_share(old)}")
    if len(new.warm_ms) >= rules.min_warm:
        reasons += [
            _slower(old, new, margin, found.counts)
            for margin, found in slowness.items()
            if found.evidence * rules.for_slowness >= 1 / rules.false_alarm
        ]
    if reasons:
        return Verdict(WatchFinding.FAIL, tuple(reasons))
    # A doubt that means to watch on need not be exact. One that means to give up counts bursts of failures once.
    clustered = compared.clustering if time_is_up else 1.0
    near, far = _doubtful_chances(phases, time_is_up=time_is_up)
    undecided = _find_doubt(old, new, rules, slowness, near, far, clustered)
    if undecided:
        return undecided
    if not ended:
        return Verdict(WatchFinding.INCONCLUSIVE, (f"nothing indicates a problem with version {new.version} so far",))
    return Verdict(WatchFinding.PASS, (_exclusions(old, new, rules),))


def _doubtful_chances(phases: int, *, time_is_up: bool) -> tuple[float, float]:
    """Return below which probability so many failures are unlikely to be chance.

    The first is for a share of failures that could pass: a lower probability is close to evidence. The second is for a
    larger share: a higher probability does not indicate a difference. Several phases share both, and time that one of
    them takes is missing in the later ones. The time of a single phase has no other use, so it is watched on sooner.
    """
    if phases > 1:
        return 0.05 / phases, 0.2 / phases
    return (0.05, 0.1) if time_is_up else (0.1, 0.4)


def _find_doubt(
    old: Sample,
    new: Sample,
    rules: WatchRules,
    slowness: Mapping[Margin, Slowness],
    near: float,
    far: float,
    clustered: float,
) -> Verdict | None:
    """Return why there is no decision yet, or None."""
    missing = max(0, rules.min_requests - new.requests)
    if missing:
        need = f"version {new.version} answered {count_noun(new.requests, 'request')}"
        return Verdict(WatchFinding.INCONCLUSIVE, (f"{need}: {missing} more needed",), missing)
    if len(old.warm_ms) < rules.min_baseline:
        short = rules.min_baseline - len(old.warm_ms)
        need = f"version {old.version} answered {count_noun(len(old.warm_ms), 'warm request')}"
        return Verdict(WatchFinding.INCONCLUSIVE, (f"{need}: {short} more needed",), 0)
    chance = burst_tail(_count_errors(old, new), clustered)
    accepted = max(rules.passing_errors, old.error_share or 0.0)
    if (new.error_share or 0.0) > accepted and chance < far:
        more = max(1, ceil(new.errors / accepted) - new.requests)
        why = (
            f"{_share(new)} of version {new.version} failed: not enough requests "
            f"to tell chance from failure, {more} more needed"
        )
        return Verdict(WatchFinding.INCONCLUSIVE, (why,), more)
    if new.errors > 1 and chance < near:
        why = f"{_share(new)} against {_share(old)} may be chance ({chance:.0%}): more requests would decide"
        return Verdict(WatchFinding.INCONCLUSIVE, (why,), new.requests)
    for margin, found in slowness.items():
        if found.evidence >= SUSPICIOUS:
            why = f"{_slower(old, new, margin, found.counts)} may be chance: more requests would decide"
            return Verdict(WatchFinding.INCONCLUSIVE, (why,), new.requests)
    return None


def _fails_more(
    old: Sample, new: Sample, compared: RunningComparison, rules: WatchRules, *, phases: int, time_is_up: bool
) -> bool:
    """Return whether it is almost certain that the new version fails more often than the old one."""
    if new.errors < rules.min_errors:
        return False
    evidence = _evidence_of_errors(old, new, compared, rules)
    if phases > 1:
        return evidence * rules.for_errors >= 1 / rules.false_alarm
    if evidence * (rules.for_errors - rules.for_errors_at_end) >= 1 / rules.false_alarm:
        return True
    if not time_is_up or compared.failing_slices < rules.min_failing_slices:
        return False
    return burst_tail(_count_errors(old, new), compared.clustering) <= rules.for_errors_at_end * rules.false_alarm


def _evidence_of_errors(old: Sample, new: Sample, compared: RunningComparison, rules: WatchRules) -> float:
    if not old.requests:
        return e_value_beyond(new.errors, new.requests, rules.tolerated_errors)
    if new.errors > compared.new_errors:
        return e_value([_count_errors(old, new)], most=inf)
    return compared.errors


def _count_errors(old: Sample, new: Sample) -> Counts:
    return Counts(old.requests, old.errors, new.requests, new.errors)


def _exclusions(old: Sample, new: Sample, rules: WatchRules) -> str:
    """Describe what the numbers of the new version exclude."""
    excluded = [f"more than {bound_share(new.errors, new.requests):.1%} errors"]
    for margin in rules.margins:
        bound, before = bound_percentile(new.warm_ms, margin.rank), old.percentile(margin.rank)
        if bound is not None and before:
            excluded.append(f"p{margin.rank:.0f} above {bound:.0f} ms ({bound / before:.1f}x)")
    return f"{count_noun(new.requests, 'request')} rule out {', '.join(excluded)}"


def _slower(old: Sample, new: Sample, margin: Margin, slow: Counts) -> str:
    rank = margin.rank
    before, now = old.percentile(rank) or 0.0, new.percentile(rank) or 0.0
    limit = margin.limit(before)
    if now > limit:
        return f"slower: p{rank:.0f} {now:.0f} ms against {before:.0f} ms (limit {limit:.0f} ms)"
    # The load has changed: the versions differ within each slice of time, but not in the sums.
    return (
        f"slower at the same time: {slow.new_hits / slow.new:.0%} of the requests exceed the limit of "
        f"p{rank:.0f}, {slow.old_hits / slow.old:.0%} of version {old.version}"
    )


def _share(sample: Sample) -> str:
    if not sample.requests:
        return "none"
    return f"{sample.errors} of {sample.requests} ({sample.errors / sample.requests:.1%})"
