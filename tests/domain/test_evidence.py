"""The numbers behind the verdict against their definitions, on samples small enough to work out otherwise."""

from fractions import Fraction
from itertools import compress, product
from math import comb, exp, inf, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hybridctl.domain.evidence import (
    Counts,
    Evidence,
    bound_percentile,
    bound_share,
    burst_tail,
    clustering,
    e_value,
    e_value_beyond,
    fisher_tail,
    weigh,
)

RATIOS = (Fraction(3, 2), 2, 3, 5, 10, 30, 100)
SOME = [Counts(20, 1, 10, 3), Counts(15, 0, 8, 2), Counts(30, 2, 12, 1)]


def factor(counts, ratio):
    """How much better the odds ratio explains the split of the hits than chance: Fisher's noncentral distribution."""
    hits = counts.old_hits + counts.new_hits
    possible = range(max(0, hits - counts.old), min(counts.new, hits) + 1)
    ways = {k: comb(counts.new, k) * comb(counts.old, hits - k) for k in possible}
    seen = ways[counts.new_hits] * ratio**counts.new_hits / Fraction(sum(w * ratio**k for k, w in ways.items()))
    return seen / Fraction(ways[counts.new_hits], sum(ways.values()))


def bet(counts, ratio):
    """The hits as one event, divided between the versions."""
    share, expected = counts.new_hits / counts.hits, counts.new / counts.requests
    return (1 + share * (float(ratio) - 1)) / (1 + expected * (float(ratio) - 1))


def mean(values):
    return sum(values) / len(values)


@pytest.mark.parametrize("counts", [*SOME, Counts(3, 3, 4, 1), Counts(1, 0, 1, 1), Counts(2, 0, 50, 49)], ids=str)
def test_the_evidence_of_a_slice_is_the_mean_of_its_factors(counts):
    assert e_value([counts], most=inf) == pytest.approx(float(mean([factor(counts, ratio) for ratio in RATIOS])))


def test_the_evidence_of_slices_is_their_product_for_each_ratio():
    expected = mean([float(prod(factor(counts, ratio) for counts in SOME)) for ratio in RATIOS])
    assert clustering(SOME) == 1.0
    assert e_value(SOME, most=inf) == pytest.approx(expected)


def test_no_slice_weighs_more_than_is_allowed():
    burst = Counts(90, 0, 20, 20)
    assert e_value([burst]) == pytest.approx(10.0)
    assert e_value([burst], most=3.0) == pytest.approx(3.0)
    small = Counts(20, 1, 10, 3)
    assert e_value([small]) == pytest.approx(float(mean([min(Fraction(10), factor(small, r)) for r in RATIOS])))


@pytest.mark.parametrize(
    "nothing", [Counts(0, 0, 9, 9), Counts(9, 0, 0, 0), Counts(9, 0, 9, 0), Counts(9, 9, 9, 9)], ids=str
)
def test_a_slice_without_a_comparison_says_nothing(nothing):
    assert e_value([nothing]) == 1.0
    if not (nothing.old and nothing.new):
        assert e_value([SOME[0], nothing], most=inf) == e_value([SOME[0]], most=inf)


def test_no_slices_say_nothing():
    assert e_value([]) == 1.0


def test_evidence_beyond_all_numbers_is_a_number():
    assert 1e250 < e_value([Counts(3000, 0, 3000, 3000)], most=inf) < inf
    assert 1e250 < e_value_beyond(3000, 3000, 0.01) < inf


def test_clustered_failures_count_for_less():
    bursts = [Counts(100, 12, 20, 0), Counts(100, 0, 20, 6), Counts(100, 0, 20, 0), Counts(100, 12, 20, 6)] * 3
    found = clustering(bursts)
    assert found > 2
    divided = mean([prod(float(factor(one, ratio)) for one in bursts) ** (1 / found) for ratio in RATIOS])
    at_once = mean([prod(bet(one, ratio) for one in bursts if one.hits) for ratio in RATIOS])
    assert at_once > divided
    assert e_value(bursts, most=inf) == pytest.approx(at_once)


def test_where_few_events_are_seen_the_clustering_says_more():
    """It is an estimate, so of several phases each must be as many times as strong."""
    few = [Counts(100, 1, 20, 0), *[Counts(100, 0, 20, 2)] * 3, Counts(100, 3, 20, 0), Counts(100, 0, 20, 5)]
    divided = mean([prod(float(factor(one, ratio)) for one in few) ** (1 / clustering(few)) for ratio in RATIOS])
    at_once = mean([prod(bet(one, ratio) for one in few) for ratio in RATIOS])
    evidence = Evidence(inf)
    for one in few:
        evidence = evidence.add(one)
    assert divided > at_once
    assert evidence.value() > 10
    assert weigh(few, evidence) == pytest.approx(min(evidence.value(), divided))
    almost = divided / at_once * 0.99
    assert weigh(few, evidence, almost) == pytest.approx(divided / almost)
    assert weigh(few, evidence, 1000) == pytest.approx(at_once)


def test_a_burst_of_any_size_is_one_event_where_that_is_stronger_evidence():
    """One slice has a burst of the old version, six have bursts of the new one, of sizes that differ."""
    bursts = [Counts(100, 9, 20, 0), *(Counts(100, 0, 20, size) for size in (1, 9, 1, 9, 1, 9)), Counts(100, 1, 20, 0)]
    divided = mean([prod(float(factor(one, ratio)) for one in bursts) ** (1 / clustering(bursts)) for ratio in RATIOS])
    at_once = mean([prod(bet(one, ratio) for one in bursts) for ratio in RATIOS])
    assert at_once > divided
    assert e_value(bursts, most=inf) == pytest.approx(at_once)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20])
def test_a_burst_counted_at_once_is_evidence_against_neither_version_on_the_mean(size):
    """The whole burst is of the new version with the probability of its share of the requests, a tenth."""
    mine, theirs = (Evidence().add(Counts(900, size - hits, 100, hits)).at_once for hits in (size, 0))
    for one, other in zip(mine, theirs, strict=True):
        assert 0.1 * exp(one) + 0.9 * exp(other) == pytest.approx(1.0)


@settings(deadline=None)
@given(some.lists(some.integers(1, 9), min_size=1, max_size=6), some.integers(60, 300), some.integers(60, 300))
def test_bursts_of_any_sizes_are_evidence_against_neither_version_on_the_mean(sizes, old, new):
    """What makes the product an e-value: each burst is of the new version with the probability of its share."""
    means = [0.0] * len(RATIOS)
    for mine in product((True, False), repeat=len(sizes)):
        chance = prod((new if one else old) / (old + new) for one in mine)
        hits = sum(compress(sizes, mine))
        found = Evidence(inf).add(Counts(old, sum(sizes) - hits, new, hits)).at_once
        means = [mean + chance * exp(log) for mean, log in zip(means, found, strict=True)]
    assert means == pytest.approx([1.0] * len(RATIOS))


def test_the_chance_of_clustered_hits_is_that_of_fewer_requests():
    counts = Counts(3000, 60, 1000, 31)
    assert burst_tail(counts, 1.0) == fisher_tail(31, 1000, 60, 3000)
    assert burst_tail(counts, 5.0) == fisher_tail(7, 200, 12, 600)
    assert burst_tail(Counts(30, 0, 10, 10), 4.0) == fisher_tail(2, 2, 0, 8)
    assert burst_tail(Counts(10, 10, 30, 1), 4.0) == fisher_tail(1, 8, 2, 2)


def test_evidence_is_never_more_than_that_of_single_failures():
    single = [Counts(10, 3, 10, 7), Counts(10, 5, 10, 5), Counts(10, 5, 10, 5), Counts(10, 0, 10, 6)]
    whole = mean([float(prod(factor(one, ratio) for one in single)) for ratio in RATIOS])
    assert e_value(single, most=inf) <= whole * (1 + 1e-9)


def test_evidence_that_decides_nothing_is_not_divided():
    few = [Counts(100, 9, 20, 0), Counts(100, 0, 20, 3)]
    assert clustering(few) > 1
    expected = mean([prod(float(factor(one, ratio)) for one in few) for ratio in RATIOS])
    assert expected < 10
    assert e_value(few, most=inf) == pytest.approx(expected)


def test_a_slice_of_one_version_alone_changes_nothing_about_clustering():
    bursts = [Counts(100, 12, 20, 0), Counts(100, 0, 20, 6), Counts(100, 0, 20, 0), Counts(100, 12, 20, 6)] * 3
    alone = [Counts(100, 50, 0, 0), Counts(0, 0, 9, 9)]
    assert e_value([*bursts, *alone], most=inf) == e_value(bursts, most=inf)
    own = [Counts(50, 9, 30, 0), Counts(80, 1, 20, 7), Counts(60, 14, 25, 1)]
    assert clustering([*own, *alone]) == clustering(own) > 1


def pearson(pairs):
    """The statistic over its mean, of deviations and variances."""
    return sum(deviation**2 for deviation, _ in pairs) / sum(variance for _, variance in pairs)


def views(slices):
    """Both views on how many failures come at once: the split of each slice, and the old version's own."""
    ratio = sum(one.new_hits * one.old / (one.old + one.new) for one in slices) / sum(
        one.old_hits * one.new / (one.old + one.new) for one in slices
    )
    split = []
    for one in slices:
        hits, requests = one.old_hits + one.new_hits, one.old + one.new
        share = ratio * one.new / (ratio * one.new + one.old)
        split.append((one.new_hits - hits * share, hits * share * (1 - share) * (requests - hits) / (requests - 1)))
    rate = sum(one.old_hits for one in slices) / sum(one.old for one in slices)
    own = [(one.old_hits - one.old * rate, one.old * rate * (1 - rate)) for one in slices]
    return pearson(split), pearson(own)


@pytest.mark.parametrize(
    "slices",
    [
        [Counts(100, 12, 20, 0), Counts(100, 0, 20, 6), Counts(100, 0, 20, 0), Counts(100, 12, 20, 6)],
        [Counts(50, 9, 30, 0), Counts(80, 1, 20, 7), Counts(60, 14, 25, 1)],
        [Counts(50, 16, 30, 0), Counts(80, 1, 20, 14)],
        [Counts(50, 16, 30, 0), Counts(80, 1, 20, 14), Counts(1, 1, 1, 0)],
        [Counts(1, 1, 1, 0), Counts(19, 9, 9, 0), Counts(19, 0, 9, 3), Counts(1, 0, 1, 1)],
        [Counts(40, 20, 10, 0), Counts(30, 0, 15, 9), Counts(70, 35, 20, 2), Counts(20, 0, 5, 5)],
    ],
    ids=str,
)
def test_clustering_is_the_smaller_of_both_views(slices):
    split, own = views(slices)
    assert min(split, own) > 1
    assert clustering(slices) == pytest.approx(min(split, own))


def test_clustering_shows_only_between_slices_and_only_where_both_versions_failed():
    burst = Counts(100, 12, 20, 6)
    assert clustering([]) == clustering([burst]) == 1.0
    assert clustering([Counts(100, 12, 20, 0), Counts(100, 0, 20, 0)]) == 1.0
    assert clustering([Counts(100, 0, 20, 9), Counts(100, 0, 20, 0)]) == 1.0
    assert clustering([burst, burst]) == 1.0
    assert clustering([Counts(9, 9, 5, 5), Counts(9, 9, 5, 5)]) == 1.0
    assert clustering([Counts(1, 1, 0, 0), Counts(0, 0, 1, 1), Counts(9, 3, 9, 3)]) == 1.0
    assert clustering([Counts(5, 5, 5, 5), Counts(5, 0, 5, 0)]) == 1.0  # every slice is all or nothing
    assert clustering([Counts(5, 5, 5, 5), Counts(5, 5, 5, 0)] * 5) == 1.0  # the old version always fails


@pytest.mark.parametrize(("hits", "trials", "tolerated"), [(0, 10, 0.01), (1, 3, 0.01), (5, 20, 0.05), (2, 2, 0.3)])
def test_evidence_of_more_than_is_tolerated_is_the_mean_of_likelihood_ratios(hits, trials, tolerated):
    odds = tolerated / (1 - tolerated)
    shares = [float(ratio) * odds / (1 + float(ratio) * odds) for ratio in RATIOS]
    expected = mean([(p / tolerated) ** hits * ((1 - p) / (1 - tolerated)) ** (trials - hits) for p in shares])
    assert e_value_beyond(hits, trials, tolerated) == pytest.approx(expected)


def at_most(hits, trials, share):
    return sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(hits + 1))


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (1, 10), (5, 20), (9, 10), (3, 200)])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_the_bound_on_a_share_is_where_so_few_hits_become_unlikely(hits, trials, confidence):
    assert at_most(hits, trials, bound_share(hits, trials, confidence)) == pytest.approx(1 - confidence, rel=1e-6)


def test_the_usual_confidence_is_95_percent():
    assert bound_share(2, 30) == bound_share(2, 30, 0.95)
    assert bound_share(0, 0) == pytest.approx(1.0)
    assert bound_share(10, 10) == pytest.approx(1.0)
    durations = [float(ms) for ms in range(100)]
    assert bound_percentile(durations, 50) == bound_percentile(durations, 50, 0.95)


@pytest.mark.parametrize(("rank", "trials"), [(50, 10), (50, 100), (95, 100), (90, 60), (5, 30)])
def test_the_bound_on_a_percentile_is_the_order_statistic_of_the_binomial(rank, trials):
    """The first k-th duration with P(Binomial(n, rank) < k) >= 95 %."""
    durations = [float(place) for place in range(trials)]
    expected = next(below for below in range(trials) if at_most(below, trials, rank / 100) >= 0.95)
    assert bound_percentile(durations, rank) == durations[expected]
    assert bound_percentile([], rank) is None


@pytest.mark.parametrize(
    ("hits", "trials", "other_hits", "others"), [(0, 5, 0, 5), (3, 10, 1, 20), (5, 5, 0, 9), (2, 30, 9, 9)]
)
def test_fishers_tail_counts_the_ways(hits, trials, other_hits, others):
    total = hits + other_hits
    ways = {k: comb(trials, k) * comb(others, total - k) for k in range(min(trials, total) + 1)}
    expected = sum(way for k, way in ways.items() if k >= hits) / comb(trials + others, total)
    assert fisher_tail(hits, trials, other_hits, others) == pytest.approx(expected)
    assert fisher_tail(hits, trials, other_hits, others) <= 1.0


def test_counts_know_their_sums():
    assert (SOME[0].requests, SOME[0].hits) == (30, 4)
