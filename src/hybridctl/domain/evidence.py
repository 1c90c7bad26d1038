"""How strongly the data speak against a new version, as an e-value that may be read at any time.

Take the requests of both versions within a few seconds. If the new version is no worse, it does not matter which
version answered a failed request: the failures of the new version follow the hypergeometric distribution. A *factor*
says how much better an odds ratio above 1 explains the data. The product of the factors, averaged over several ratios,
is an e-value: if the new version is no worse, the probability that it ever reaches 1/a is at most a (Ville's
inequality). This is true for any base rate and any number of looks, and when shares or rates change between slices.

It is not true if the failures of one version come in bursts: three failures of one burst are one event, but would count
as three. There are therefore two more e-values. The larger of these two counts, but never more than the first:

- All hits of a slice are one event, a bet on the new version's share of them. If both versions are alike, the mean of
  that share is the new version's share of the requests, whatever the sizes of the bursts, so the mean of the factor is
  1: this is an e-value too.
- All logarithms are divided by the *clustering*: how much more the numbers vary between slices than independent
  requests would. This finds more if there are few events, but rests on an estimate. So it must be as many times as
  strong as the release has phases. Failures of a release with one phase do not need it: they are tested at the end.

- Turner, Ly, Grünwald: Generic E-variables for exact sequential k-sample tests that allow for optional stopping,
  Journal of Statistical Planning and Inference 230 (2024), https://arxiv.org/abs/2106.02693
- Waudby-Smith, Ramdas: Estimating means of bounded random variables by betting, Journal of the Royal Statistical
  Society B 86 (2024), https://arxiv.org/abs/2010.09686
- Lindon, Malek: Anytime-valid inference for multinomial count data, NeurIPS 2022, https://arxiv.org/abs/2011.03567
- McCullagh, Nelder: Generalized Linear Models (1989), section 4.5: over-dispersion, estimated from Pearson's statistic
- Greenland, Robins: Estimation of a common effect parameter from sparse follow-up data, Biometrics 41 (1985): the
  common risk ratio of many slices
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, lgamma, log

SLICE_SECONDS = 5.0
# The largest factor of one slice, so that a burst of failures within one or two slices cannot end a release alone.
MOST_OF_A_SLICE = 10.0
SUSPICIOUS = 6.0  # an e-value that may reach the limit; a single request gives at most 5.9
_RATIOS = tuple(log(ratio) for ratio in (1.5, 2, 3, 5, 10, 30, 100))
_LARGEST = 600.0  # the exponential of a larger logarithm could overflow


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of both versions, and how many of them are hits (failed or slow)."""

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


@dataclass(frozen=True, slots=True)
class Evidence:
    """The product of the slices' factors for each odds ratio, as logarithms. `most` limits each factor.

    `one_by_one` counts each hit as an event, `at_once` all hits of a slice as one event.
    """

    most: float = MOST_OF_A_SLICE
    one_by_one: tuple[float, ...] = (0.0,) * len(_RATIOS)
    at_once: tuple[float, ...] = (0.0,) * len(_RATIOS)

    def add(self, counts: Counts) -> "Evidence":
        if not (counts.new and counts.old and 0 < counts.hits < counts.requests):
            return self
        found = _log_factors(counts.old, counts.new, counts.hits, counts.new_hits)
        limit = log(self.most)
        factors = [min(factor, limit) for factor in found]
        one_by_one = tuple(total + factor for total, factor in zip(self.one_by_one, factors, strict=True))
        bets = _log_bets(counts.new / counts.requests, counts.new_hits / counts.hits)
        at_once = tuple(total + min(bet, limit) for total, bet in zip(self.at_once, bets, strict=True))
        return Evidence(self.most, one_by_one, at_once)

    def bound(self) -> float:
        """Return an upper bound of the value: a mean is at most its largest part."""
        return exp(min(max(self.one_by_one), _LARGEST))

    def value(self, clustered: float = 1.0) -> float:
        """Return the mean over the odds ratios, with the logarithms divided by `clustered`."""
        return _mean([total / clustered for total in self.one_by_one])

    def value_at_once(self) -> float:
        return _mean(self.at_once)


def weigh(slices: Sequence[Counts], evidence: Evidence, strength: float = 1) -> float:
    """Return the e-value of the evidence, adjusted for the bursts that the slices show. The value that rests on their
    clustering must be `strength` times as strong.

    It is never above the product of all factors, so the bound of that e-value is valid for it too.
    """
    whole = evidence.value()
    if whole < SUSPICIOUS:
        return whole
    return min(whole, max(evidence.value(clustering(slices)) / strength, evidence.value_at_once()))


def e_value(slices: Iterable[Counts], *, most: float = MOST_OF_A_SLICE) -> float:
    """Return the evidence that hits are more frequent in the new version. 1 means none; 100 is the 1 % level."""
    slices, evidence = list(slices), Evidence(most)
    for counts in slices:
        evidence = evidence.add(counts)
    return weigh(slices, evidence)


def clustering(slices: Sequence[Counts]) -> float:
    """Estimate how many hits occur together, as the lower of two estimates; 1 means that hits are independent.

    One estimate uses the split of each slice's hits between the versions, compared with the common risk ratio: an
    outage of both versions does not affect it. The other uses the old version's hits in each slice: an outage of the
    new version does not affect it.
    """
    slices = [one for one in slices if one.new and one.old]
    if len(slices) < 2:
        return 1.0
    return max(1.0, min(_clustering_of_split(slices), _clustering_of_old(slices)))


def _clustering_of_split(slices: Sequence[Counts]) -> float:
    for_new = sum(one.new_hits * one.old / one.requests for one in slices)
    for_old = sum(one.old_hits * one.new / one.requests for one in slices)
    if not for_new or not for_old:
        return 1.0
    ratio = for_new / for_old
    found = expected = 0.0
    for one in slices:
        share = ratio * one.new / (ratio * one.new + one.old)
        expected += one.hits * share * (1 - share) * (one.requests - one.hits) / max(1, one.requests - 1)
        found += (one.new_hits - one.hits * share) ** 2
    return found / expected if expected else 1.0


def _clustering_of_old(slices: Sequence[Counts]) -> float:
    rate = sum(one.old_hits for one in slices) / sum(one.old for one in slices)
    found = sum((one.old_hits - one.old * rate) ** 2 for one in slices)
    expected = sum(one.old * rate * (1 - rate) for one in slices)
    return found / expected if expected else 1.0


def e_value_beyond(hits: int, trials: int, tolerated: float) -> float:
    """Return the evidence that the share of hits exceeds `tolerated`, for a version without a baseline."""
    more = [exp(ratio) * tolerated / (1 - tolerated + exp(ratio) * tolerated) for ratio in _RATIOS]
    return _mean([hits * log(p / tolerated) + (trials - hits) * log((1 - p) / (1 - tolerated)) for p in more])


def _mean(logs: Sequence[float]) -> float:
    return sum(exp(min(each, _LARGEST)) for each in logs) / len(logs)


def bound_share(hits: int, trials: int, confidence: float = 0.95) -> float:
    """Return the upper confidence bound of a share (Clopper-Pearson), or 1 without trials."""
    if hits == trials:
        return 1.0
    low, high = hits / trials, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if _at_most(hits, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def bound_percentile(ascending: Sequence[float], rank: float, confidence: float = 0.95) -> float | None:
    """Return the upper confidence bound of a percentile, or None if the sample is too small."""
    share, trials = rank / 100, len(ascending)
    sofar = 0.0
    for below, taken in enumerate(ascending):
        sofar += _chance(below, trials, share)
        if sofar >= confidence:
            return taken
    return None


def fisher_tail(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """Return the probability that at least `hits` of all hits are in the first group if both groups are alike
    (hypergeometric, one-sided).
    """
    weights = _hypergeometric(trials, other_trials, hits + other_hits)
    return min(1.0, sum(exp(weight) for k, weight in weights if k >= hits))


def burst_tail(counts: Counts, clustered: float) -> float:
    """Return `fisher_tail` of the new version's hits, if so many hits occur together as one event.

    All numbers are divided by the clustering, the new version's hits are rounded up: Rao, Scott, A simple method for
    the analysis of clustered binary data, Biometrics 48 (1992).
    """
    new, others = round(counts.new / clustered), round(counts.old / clustered)
    hits, other_hits = ceil(counts.new_hits / clustered), round(counts.old_hits / clustered)
    return fisher_tail(min(hits, new), new, min(other_hits, others), others)


@lru_cache(maxsize=100_000)
def _log_factors(old: int, new: int, hits: int, new_hits: int) -> tuple[float, ...]:
    """Return the logarithm of the factor for each odds ratio."""
    weights = _hypergeometric(new, old, hits)
    found = []
    for ratio in _RATIOS:
        terms = [weight + (k - new_hits) * ratio for k, weight in weights]
        most = max(terms)
        found.append(-most - log(sum(exp(term - most) for term in terms)))
    return tuple(found)


def _log_bets(expected: float, share: float) -> list[float]:
    """Return the logarithm of the factor for each odds ratio if one event fell to the new version with this share."""
    return [log((1 - share + share * ratio) / (1 - expected + expected * ratio)) for ratio in map(exp, _RATIOS)]


def _hypergeometric(trials: int, others: int, hits: int) -> list[tuple[int, float]]:
    """Return the possible numbers of hits in the first group, each with the logarithm of its probability."""
    first, last = max(0, hits - others), min(trials, hits)
    weight = _ways(trials, first) + _ways(others, hits - first) - _ways(trials + others, hits)
    found = [(first, weight)]
    for k in range(first, last):
        weight += log((trials - k) * (hits - k) / ((k + 1) * (others - hits + k + 1)))
        found.append((k + 1, weight))
    return found


def _at_most(hits: int, trials: int, share: float) -> float:
    """Return the probability of at most `hits` hits. `share` must be at least `hits / trials`, so that the terms
    decrease from the last one.
    """
    chance, total = _chance(hits, trials, share), 0.0
    for k in range(hits, -1, -1):
        total += chance
        if chance <= total * 1e-17:
            break
        chance *= k / (trials - k + 1) * (1 - share) / share
    return total


def _chance(hits: int, trials: int, share: float) -> float:
    return exp(_ways(trials, hits) + hits * log(share) + (trials - hits) * log(1 - share))


def _ways(total: int, chosen: int) -> float:
    """Return the logarithm of the binomial coefficient."""
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)
