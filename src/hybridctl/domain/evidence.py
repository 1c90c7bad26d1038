"""How strongly the numbers speak against a new version, as an e-value that may be read at any time.

Look at the requests of a few seconds, of both versions together. If the new version is no worse, it does not matter who
answered a request that failed: the failures of the new version follow the hypergeometric distribution. A *factor* says
how much better an odds ratio above 1 explains what was seen. The product of the factors, averaged over several ratios,
is an e-value: if the new version is no worse, it ever reaches 1/a with a probability of at most a (Ville's inequality).
That holds at each base rate, for each number of looks, and when shares or rates change between slices.

It does not hold for failures that come in bursts of one version: three at once are one event, and would count as three.
So the logarithms are divided by the *clustering*: how much more the numbers vary from slice to slice than those of
single requests would. It never goes below 1, so a divided e-value keeps the bound of a whole one.

- Turner, Ly, Grünwald: Generic E-variables for exact sequential k-sample tests that allow for optional stopping,
  Journal of Statistical Planning and Inference 230 (2024), https://arxiv.org/abs/2106.02693
- Lindon, Malek: Anytime-valid inference for multinomial count data, NeurIPS 2022, https://arxiv.org/abs/2011.03567
- McCullagh, Nelder: Generalized Linear Models (1989), section 4.5: over-dispersion, estimated from Pearson's statistic
- Greenland, Robins: Estimation of a common effect parameter from sparse follow-up data, Biometrics 41 (1985): the
  common risk ratio of many slices
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import exp, lgamma, log, sqrt

from hybridctl.percentiles import percentile
from hybridctl.values import dataclass

SLICE_SECONDS = 5.0
# No slice weighs more, so a burst of failures that is over within a slice or two does not end a release by itself.
MOST_OF_A_SLICE = 10.0
SUSPICIOUS = 10.0  # an e-value on its way to the limit; below, nothing depends on what it is
_RATIOS = tuple(log(ratio) for ratio in (1.5, 2, 3, 5, 10, 30, 100))
_LEARNT = 20  # durations of the old version before a quantile of them is a threshold


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of both versions, and how many of them are hits: failed, or slow."""

    old: int
    old_hits: int
    new: int
    new_hits: int

    @property
    def requests(self) -> int:
        return self.old + self.new

    @property
    def hits(self) -> int:
        return self.old_hits + self.new_hits


class Evidence:
    """The product of the slices' factors, one for each odds ratio; `most` bounds each factor."""

    def __init__(self, most: float = MOST_OF_A_SLICE) -> None:
        self._limit = log(most)
        self._logs = (0.0,) * len(_RATIOS)

    def add(self, counts: Counts) -> None:
        if counts.new and counts.old and 0 < counts.hits < counts.requests:
            factors = zip(self._logs, _log_factors(counts), strict=True)
            self._logs = tuple(total + min(factor, self._limit) for total, factor in factors)

    def bound(self) -> float:
        """What the value does not exceed: a mean is not above the largest of its parts."""
        return exp(min(max(self._logs), 600.0))

    def value(self, clustered: float = 1.0) -> float:
        """The mean over the odds ratios, with the logarithms divided by that."""
        return sum(exp(min(total / clustered, 600.0)) for total in self._logs) / len(self._logs)


def e_value(slices: Iterable[Counts], *, most: float = MOST_OF_A_SLICE) -> float:
    """The evidence that hits are more frequent in the new version; 1 says nothing, 100 is the 1 % level."""
    compared = [one for one in slices if one.new and one.old]
    evidence = Evidence(most)
    for counts in compared:
        evidence.add(counts)
    whole = evidence.value()
    return whole if whole < SUSPICIOUS else evidence.value(clustering(compared))


def clustering(slices: Sequence[Counts]) -> float:
    """How many hits come at once, as far as both views of the slices show it: 1 when each comes by itself.

    One view is the split of each slice's hits, around what the common risk ratio expects: an outage that both versions
    share does not show in it. The other is the old version's hits by slice: an outage of the new version does not show.
    """
    if len(slices) < 2:
        return 1.0
    return max(1.0, min(_clustering_of_split(slices), _clustering_of_old(slices)))


def _clustering_of_split(slices: Sequence[Counts]) -> float:
    for_new = sum(one.new_hits * one.old / one.requests for one in slices)
    for_old = sum(one.old_hits * one.new / one.requests for one in slices)
    if not for_new or not for_old:
        return 1.0
    ratio = for_new / for_old
    found, variances = 0.0, []
    for one in slices:
        share = ratio * one.new / (ratio * one.new + one.old)
        variances.append(one.hits * share * (1 - share) * (one.requests - one.hits) / max(1, one.requests - 1))
        found += (one.new_hits - one.hits * share) ** 2
    return _pearson(found, variances)


def _clustering_of_old(slices: Sequence[Counts]) -> float:
    rate = sum(one.old_hits for one in slices) / sum(one.old for one in slices)
    found = sum((one.old_hits - one.old * rate) ** 2 for one in slices)
    return _pearson(found, [one.old * rate * (1 - rate) for one in slices])


def _pearson(found: float, variances: Sequence[float]) -> float:
    """The sum of squared deviations over what is expected, less its standard error: one odd slice shows nothing."""
    expected = sum(variances)
    uncertain = sqrt(sum(variance + 2 * variance * variance for variance in variances))  # as of Poisson's numbers
    return (found - uncertain) / expected if expected else 1.0


def e_value_beyond(hits: int, trials: int, tolerated: float) -> float:
    """The evidence that more than the share `tolerated` are hits, where there is nothing to compare with."""
    more = [exp(ratio) * tolerated / (1 - tolerated + exp(ratio) * tolerated) for ratio in _RATIOS]
    logs = (hits * log(p / tolerated) + (trials - hits) * log((1 - p) / (1 - tolerated)) for p in more)
    return sum(exp(min(each, 600.0)) for each in logs) / len(more)


class SlowRequests:
    """Counts the slow requests of each slice, the margin taken off those of the new version.

    Slow is what exceeds the old version's percentile `rank` in the slices before. A new duration counts as what it is
    without the margin, `factor` times or `milliseconds` more, whichever allows more.
    """

    def __init__(self, rank: float, factor: float, milliseconds: float) -> None:
        self._rank, self._factor, self._milliseconds = rank, factor, milliseconds
        self._learnt: list[float] = []

    def count(self, old: Sequence[float], new: Sequence[float], *, learns: bool = True) -> Counts | None:
        """Of the next slice, by the durations of both versions; None while nothing is known of either."""
        less = [min(taken / self._factor, taken - self._milliseconds) for taken in new]
        # Until enough is learnt: a percentile of both together does not depend on who answered either.
        known = self._learnt if len(self._learnt) >= _LEARNT else [*old, *less]
        threshold = percentile(known, self._rank)
        slow = [sum(taken > threshold for taken in side) if threshold is not None else 0 for side in (old, less)]
        if learns:
            self._learnt = sorted([*self._learnt, *old])
        return None if threshold is None else Counts(len(old), slow[0], len(less), slow[1])


def count_slow(
    slices: Sequence[tuple[Sequence[float], Sequence[float]]], rank: float, factor: float, milliseconds: float
) -> list[Counts]:
    """The counts of all slices (durations of the old and of the new version) by `SlowRequests`."""
    requests = SlowRequests(rank, factor, milliseconds)
    found = (requests.count(old, new) for old, new in slices if old or new)
    return [counts for counts in found if counts is not None]


def bound_share(hits: int, trials: int, confidence: float = 0.95) -> float:
    """The share that is not exceeded, with that confidence (Clopper-Pearson); 1 without trials."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if _at_most(hits, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def bound_percentile(ascending: Sequence[float], rank: float, confidence: float = 0.95) -> float | None:
    """What the percentile does not exceed, with that confidence; None where the sample is too small to say."""
    share, trials = rank / 100, len(ascending)
    sofar = 0.0
    for below, taken in enumerate(ascending):
        sofar += _chance(below, trials, share)
        if sofar >= confidence:
            return taken
    return None


def fisher_tail(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """P(at least `hits` of all hits fall on the first group), were both groups alike (hypergeometric, one-sided)."""
    weights = _hypergeometric(trials, other_trials, hits + other_hits)
    return min(1.0, sum(exp(weight) for k, weight in weights if k >= hits))


@lru_cache(maxsize=100_000)
def _log_factors(counts: Counts) -> tuple[float, ...]:
    """The logarithm of the factor of each odds ratio."""
    weights = _hypergeometric(counts.new, counts.old, counts.new_hits + counts.old_hits)
    found = []
    for ratio in _RATIOS:
        terms = [weight + (k - counts.new_hits) * ratio for k, weight in weights]
        most = max(terms)
        found.append(-most - log(sum(exp(term - most) for term in terms)))
    return tuple(found)


def _hypergeometric(trials: int, others: int, hits: int) -> list[tuple[int, float]]:
    """How many of all hits may fall on the first group, each with the logarithm of its probability."""
    total = _ways(trials + others, hits)
    possible = range(max(0, hits - others), min(trials, hits) + 1)
    return [(k, _ways(trials, k) + _ways(others, hits - k) - total) for k in possible]


def _at_most(hits: int, trials: int, share: float) -> float:
    return sum(_chance(k, trials, share) for k in range(hits + 1))


def _chance(hits: int, trials: int, share: float) -> float:
    return exp(_ways(trials, hits) + hits * log(share) + (trials - hits) * log(1 - share))


def _ways(total: int, chosen: int) -> float:
    """The logarithm of the binomial coefficient."""
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)
