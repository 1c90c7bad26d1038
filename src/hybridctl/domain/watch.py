"""Is the new version worse than the old one? The decision, from what both answered in the same window."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from math import ceil, exp, lgamma, log

from hybridctl.domain.counting import counted
from hybridctl.percentiles import percentile


@unique
class Finding(StrEnum):
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

    def witnessed(self, totals: Totals) -> "Sample":
        """The same, but for what the metrics saw beyond the log: a log can be late, or kept at a high level."""
        return replace(self, requests=max(self.requests, totals.invocations), errors=max(self.errors, totals.errors))


@dataclass(frozen=True, slots=True)
class Rules:
    """When a difference counts; see `judge`."""

    min_requests: int = 30  # a fault of one request in ten shows itself in 30 with 96 % probability
    min_baseline: int = 20
    tolerated_errors: float = 0.01
    passing_errors: float = 0.02
    slower_factor: float = 1.5
    slower_ms: float = 100.0
    chance_at_the_end: float = 0.01
    chance_meanwhile: float = 0.001  # many looks at one sample: each must be more certain
    min_errors_meanwhile: int = 3
    min_warm_meanwhile: int = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding and why; `missing` is how many more requests the new version must answer for a decision."""

    finding: Finding
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


def judge(old: Sample, new: Sample, *, ended: bool, rules: Rules = Rules(), red: Sequence[str] = ()) -> Verdict:
    """Pass, fail or inconclusive; `red` names the stopping alarms that turned red in it.

    - **Fail by an alarm**: any in `red`.
    - **Fail by errors**: the new version's share is higher than the old one's (one-sided Fisher exact test), or higher
      than both the old one's and 1 % (one-sided binomial test, which needs no baseline).
    - **Fail by latency**: more than 5 % of the new version's warm requests took longer than L (binomial test), L being
      the old version's p95 times 1.5, and at least 100 ms above it. That is "the new p95 is beyond L" with the chance
      of an accident kept in view; nothing is said of latency without 20 warm requests of the old version.
    - The chance of accident allowed is 1 % at the end of the window (with 2 errors at least) and 0.1 % while it goes on
      (3 errors, or 10 warm requests): a bad build is caught early, a good one is not tired out by many looks.
    - **Pass**, only once the window has ended: at least 30 requests of the new version and 20 of the old one, none of
      the tests near (below 5 %), and the new version's errors not above 2 % or the old one's share.
    - **Inconclusive** otherwise, with the number of requests that are missing. Nothing is concluded of no requests.
    """
    chance = rules.chance_at_the_end if ended else rules.chance_meanwhile
    errors, slow = _errors_by_accident(old, new, rules), _slowness_by_accident(old, new, rules)
    enough_errors = new.errors >= (2 if ended else rules.min_errors_meanwhile)
    enough_warm = ended or len(new.warm_ms) >= rules.min_warm_meanwhile
    reasons = [f"alarm {name} turned red" for name in red]
    if enough_errors and errors < chance:
        reasons.append(f"errors: {_share(new)} against {_share(old)}")
    if slow is not None and enough_warm and slow < chance:
        reasons.append(
            f"slower: p95 {new.percentile(95):.0f} ms against {old.percentile(95):.0f} ms "
            f"(limit {_limit(old, rules):.0f} ms)"
        )
    if reasons:
        return Verdict(Finding.FAIL, tuple(reasons))
    verdict = _undecided_or_passed(old, new, rules, errors, slow)
    if verdict.finding is Finding.PASS and not ended:
        return Verdict(Finding.INCONCLUSIVE, (f"{verdict.reasons[0]} so far",))
    return verdict


def _undecided_or_passed(old: Sample, new: Sample, rules: Rules, errors: float, slow: float | None) -> Verdict:
    missing = max(0, rules.min_requests - new.requests)
    if missing:
        need = f"version {new.version} answered {counted(new.requests, 'request')}"
        return Verdict(Finding.INCONCLUSIVE, (f"{need}: {missing} more needed",), missing)
    if len(old.warm_ms) < rules.min_baseline:
        short = rules.min_baseline - len(old.warm_ms)
        need = f"version {old.version} answered {counted(len(old.warm_ms), 'warm request')}"
        return Verdict(Finding.INCONCLUSIVE, (f"{need}: {short} more needed",), 0)
    accepted = max(rules.passing_errors, old.error_share or 0.0)
    if (new.error_share or 0.0) > accepted:
        more = ceil(new.errors / accepted) - new.requests
        why = (
            f"{_share(new)} of version {new.version} failed: too few to tell chance from fault, {more} more are needed"
        )
        return Verdict(Finding.INCONCLUSIVE, (why,), more)
    near = min(errors if new.errors > 1 else 1.0, 1.0 if slow is None else slow)
    if near < 0.05:
        why = f"the difference may be chance ({near:.0%}): {new.requests} more requests of each would tell"
        return Verdict(Finding.INCONCLUSIVE, (why,), new.requests)
    return Verdict(Finding.PASS, (f"no worse in {counted(new.requests, 'request')}",))


def _errors_by_accident(old: Sample, new: Sample, rules: Rules) -> float:
    """How likely a version no worse than the old one shows this many errors."""
    if not new.errors:
        return 1.0
    tolerated = max(rules.tolerated_errors, old.error_share or 0.0)
    beyond_tolerated = binomial_tail(new.errors, new.requests, tolerated)
    beyond_old = fisher_tail(new.errors, new.requests, old.errors, old.requests) if old.requests else 1.0
    return min(beyond_tolerated, beyond_old)


def _slowness_by_accident(old: Sample, new: Sample, rules: Rules) -> float | None:
    """How likely a version whose p95 is within the limit has this many requests beyond it; None without a baseline."""
    if len(old.warm_ms) < rules.min_baseline or not new.warm_ms:
        return None
    limit = _limit(old, rules)
    beyond = sum(duration > limit for duration in new.warm_ms)
    return binomial_tail(beyond, len(new.warm_ms), 0.05)


def _limit(old: Sample, rules: Rules) -> float:
    p95 = old.percentile(95) or 0.0
    return max(p95 * rules.slower_factor, p95 + rules.slower_ms)


def binomial_tail(hits: int, trials: int, probability: float) -> float:
    """P(at least `hits` of `trials`), each a hit with `probability`."""
    if hits <= 0 or probability >= 1.0:
        return 1.0
    yes, no = log(probability), log(1 - probability)
    return min(1.0, sum(exp(_ways(trials, k) + k * yes + (trials - k) * no) for k in range(hits, trials + 1)))


def fisher_tail(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """P(at least `hits` of all hits fall on the first group), were both groups alike (hypergeometric, one-sided)."""
    all_hits = hits + other_hits
    first, last = max(hits, all_hits - other_trials), min(trials, all_hits)
    total = _ways(trials + other_trials, all_hits)
    return min(
        1.0,
        sum(exp(_ways(trials, k) + _ways(other_trials, all_hits - k) - total) for k in range(first, last + 1)),
    )


def _ways(total: int, chosen: int) -> float:
    """The logarithm of the binomial coefficient."""
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)


def _share(sample: Sample) -> str:
    if not sample.requests:
        return "none"
    return f"{sample.errors} of {sample.requests} ({sample.errors / sample.requests:.1%})"
