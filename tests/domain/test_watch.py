"""The verdict on a new version, and the two tests behind it against their definitions."""

from math import comb, inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bench.canary import CANARY, LINEAR, World, run_release, simulate
from hybridctl.domain.comparison import RunningComparison
from hybridctl.domain.evidence import Counts, bound_percentile, bound_share, clustering, e_value, fisher_tail
from hybridctl.domain.samples import Sample
from hybridctl.domain.watch import WatchFinding, judge
from hybridctl.domain.watch_rules import USUAL


def sample(version: int, requests: int, errors: int = 0, ms: float = 5.0, warm: int | None = None) -> Sample:
    return Sample(version, requests, errors, 0, (ms,) * (requests if warm is None else warm))


OLD = sample(1, 270)


@pytest.mark.parametrize(
    ("new", "ended", "finding"),
    [
        (sample(2, 30), True, WatchFinding.PASS),
        (sample(2, 30), False, WatchFinding.INCONCLUSIVE),
        (sample(2, 0), True, WatchFinding.INCONCLUSIVE),
        (sample(2, 29), True, WatchFinding.INCONCLUSIVE),
        (sample(2, 30, errors=1), True, WatchFinding.INCONCLUSIVE),
        (sample(2, 60, errors=1), True, WatchFinding.PASS),
        (sample(2, 30, errors=2), True, WatchFinding.INCONCLUSIVE),
        (sample(2, 30, errors=2), False, WatchFinding.INCONCLUSIVE),
        (sample(2, 30, errors=3), False, WatchFinding.FAIL),
        (sample(2, 3, errors=3), False, WatchFinding.FAIL),
        (sample(2, 1, errors=1), True, WatchFinding.INCONCLUSIVE),
        (sample(2, 10, ms=305), False, WatchFinding.FAIL),
        (sample(2, 5, ms=305), False, WatchFinding.INCONCLUSIVE),
        (sample(2, 30, ms=9), True, WatchFinding.PASS),
        (sample(2, 30, ms=15), True, WatchFinding.FAIL),
    ],
)
def test_the_verdict(new, ended, finding):
    assert judge(OLD, new, ended=ended).finding is finding


def test_the_verdict_says_how_many_requests_are_missing():
    assert judge(OLD, sample(2, 12), ended=True).missing == 18
    assert judge(OLD, sample(2, 30, errors=1), ended=True).missing == 20
    assert "30 more needed" in judge(Sample(1), Sample(2), ended=True).reasons[0]


def test_a_new_version_as_bad_as_the_old_one_is_no_worse():
    assert judge(sample(1, 500, errors=50), sample(2, 60, errors=6), ended=True).finding is WatchFinding.PASS


def test_a_share_that_chance_explains_passes():
    """2.5 % against 2 %: such a difference is usual."""
    assert judge(sample(1, 1000, errors=20), sample(2, 80, errors=2), ended=True).finding is WatchFinding.PASS


def test_two_phases_share_what_may_be_chance():
    old, new = sample(1, 1000, errors=20), sample(2, 60, errors=3)
    assert judge(old, new, ended=True).finding is WatchFinding.INCONCLUSIVE
    assert judge(old, new, ended=True, phases=2).finding is WatchFinding.PASS


def test_evidence_just_above_the_limit_fails_one_of_two_phases_at_the_first_look():
    slices = [(sample(1, 100), sample(2, 20, errors=errors)) for errors in (4, 4, 1, 0)]
    compared = RunningComparison(USUAL.margins, phases=2)
    compared.read(slices)
    assert 1 < compared.errors * USUAL.for_errors * USUAL.false_alarm < 1.5
    found = judge(sample(1, 400), sample(2, 80, errors=9), ended=False, slices=slices, phases=2)
    assert found.finding is WatchFinding.FAIL


def test_errors_are_found_without_any_traffic_of_the_old_version():
    assert judge(Sample(1), sample(2, 30, errors=6), ended=True).finding is WatchFinding.FAIL


def test_latency_is_not_judged_without_a_baseline():
    verdict = judge(sample(1, 5), sample(2, 40, ms=900), ended=True)
    assert verdict.finding is WatchFinding.INCONCLUSIVE
    assert "15 more needed" in verdict.reasons[0]


def test_a_slow_tail_of_a_tenth_is_found_in_enough_requests():
    tail = Sample(2, 200, 0, 0, (5.0,) * 180 + (400.0,) * 20)
    assert judge(OLD, tail, ended=True).finding is WatchFinding.FAIL


def test_one_slow_request_is_chance():
    assert judge(OLD, Sample(2, 40, 0, 0, (5.0,) * 39 + (900.0,)), ended=True).finding is WatchFinding.PASS


def test_an_alarm_that_turned_red_fails_the_release_whatever_the_numbers():
    verdict = judge(OLD, sample(2, 100), ended=False, red=["errors"])
    assert (verdict.finding, verdict.reasons) == (WatchFinding.FAIL, ("alarm errors turned red",))


@pytest.mark.parametrize(
    ("releases", "world", "phases"),
    [
        (100, World(1000, 0.03), CANARY),
        (50, World(10_000, 0.01), CANARY),
        (15, World(200, 0.03), LINEAR),
        # The worst cells of docs/canary.md: failures of both versions that come three at once.
        (60, World(10_000, 0.03, burst=3.0, equal=True), CANARY),
        (40, World(10_000, 0.01, burst=3.0, equal=True), CANARY),
        (40, World(10_000, 0.5, burst=3.0), CANARY),
        (10, World(10_000, 0.03, burst=3.0), LINEAR),
    ],
)
def test_a_good_version_is_rarely_taken_back(releases, world, phases):
    """At 1 %, more than 4 of 100 are taken back in 0.4 % of all seeds; the seed is fixed."""
    assert simulate(releases, world, phases)[WatchFinding.FAIL] <= 4


def test_most_good_versions_pass_where_requests_fail_anyway():
    assert simulate(50, World(1000, 0.03))[WatchFinding.PASS] >= 40


def test_most_good_versions_pass_in_spite_of_bursts():
    """Counted as single failures, a fifth of these ended in doubt."""
    assert simulate(60, World(10_000, 0.03, burst=3.0))[WatchFinding.PASS] >= 53


def test_a_version_that_fails_twice_as_often_is_found_when_the_time_is_up():
    """By evidence that may be read at any time alone, 59 % of these were found."""
    assert simulate(60, World(1000, 0.03, more=0.05))[WatchFinding.FAIL] >= 40


def test_most_good_versions_get_through_all_phases_of_linear():
    """Each of nine phases may end in doubt; with the doubt of a single phase, a third of these did."""
    assert simulate(30, World(10_000, 0.03), LINEAR)[WatchFinding.PASS] >= 27


def test_most_good_versions_get_through_all_phases_of_linear_in_spite_of_bursts():
    """Watched on for three times as long in each phase, and counted as single failures, a quarter of these did not."""
    assert simulate(40, World(1000, 0.03, burst=3.0), LINEAR)[WatchFinding.PASS] >= 37


def test_a_bad_version_that_fails_in_bursts_is_watched_until_it_is_found():
    """2 % more fail; with three times the length for each phase, a tenth of these were found."""
    assert simulate(20, World(1000, 0.01, more=0.02, burst=3.0), LINEAR)[WatchFinding.FAIL] >= 17


def test_a_bad_version_is_found_by_its_bursts():
    """2 % more fail, three at once on average. Counting each burst once finds twice as many as the variance does."""
    assert simulate(40, World(10_000, 0.01, more=0.02, burst=3.0))[WatchFinding.FAIL] >= 12


def test_a_bad_version_is_taken_back():
    assert simulate(60, World(1000, 0.01, more=0.1))[WatchFinding.FAIL] >= 57


def test_a_fast_function_made_three_times_slower_is_taken_back():
    assert simulate(10, World(1000, median=20, factor=3))[WatchFinding.FAIL] == 10


def test_half_as_slow_again_is_found_in_enough_requests():
    assert simulate(5, World(3000, median=20, factor=1.5))[WatchFinding.FAIL] >= 4


def test_a_single_burst_does_not_end_a_release():
    """Twenty failures of the new version in one slice, none of the old one."""
    calm, burst = (sample(1, 90), sample(2, 20)), (sample(1, 90), sample(2, 20, errors=20))
    sums = sample(1, 900), sample(2, 200, errors=20)
    assert judge(*sums, ended=False, slices=[*[calm] * 9, burst]).finding is WatchFinding.INCONCLUSIVE
    spread = (sample(1, 90), sample(2, 20, errors=2))
    assert judge(*sums, ended=False, slices=[spread] * 10).finding is WatchFinding.FAIL


def slices_of(old: list[int], new: list[int]) -> list[Counts]:
    """Slices of 150 and 17 requests with so many failures."""
    return [Counts(150, one, 17, other) for one, other in zip(old, new, strict=True)]


def binomials(seed: int, trials: int, share: float, count: int = 300) -> list[int]:
    random = Random(seed)
    return [sum(random.random() < share for _ in range(trials)) for _ in range(count)]


def test_failures_that_come_one_by_one_are_not_clustered_however_many_the_new_version_has():
    for share in (0.02, 0.06, 0.5):
        assert clustering(slices_of(binomials(1, 150, 0.02), binomials(2, 17, share))) < 1.1


def test_failures_that_come_three_at_once_are_clustered():
    """Were each burst of just three, the variance would be three times that of single failures."""
    old = [3 * one for one in binomials(1, 50, 0.02)]
    new = [min(17, 3 * one) for one in binomials(2, 6, 0.02)]
    assert clustering(slices_of(old, new)) == pytest.approx(3.0, abs=0.7)


def test_an_outage_that_both_versions_share_is_not_clustering():
    old = [one if at % 10 else other for at, (one, other) in enumerate(zip(*_calm_and_bad(150), strict=True))]
    new = [one if at % 10 else other for at, (one, other) in enumerate(zip(*_calm_and_bad(17), strict=True))]
    assert clustering(slices_of(old, new)) < 1.2


def _calm_and_bad(trials: int) -> tuple[list[int], list[int]]:
    return binomials(trials, trials, 0.01), binomials(trials + 1, trials, 0.4)


def test_outages_of_the_new_version_alone_take_nothing_from_the_evidence():
    new = [one if at % 6 else 5 for at, one in enumerate(binomials(2, 17, 0.01))]
    assert clustering(slices_of(binomials(1, 150, 0.01), new)) < 1.2
    assert simulate(20, World(1000, outage=0.5))[WatchFinding.FAIL] >= 17


@settings(deadline=None)
@given(some.lists(some.tuples(some.integers(0, 150), some.integers(0, 17)), min_size=1, max_size=8))
def test_clustering_only_ever_takes_evidence_away(hits):
    """So the bound on false alarms holds for it as for the whole e-value."""
    assert clustering(slices_of(*map(list, zip(*hits, strict=True)))) >= 1.0


@pytest.mark.parametrize("seed", [4, 7, 33, 52])
def test_a_good_version_is_not_taken_back_for_bursts_that_both_versions_have(seed):
    """Of the first 60 seeds those for which single failures would have been enough evidence."""
    assert run_release(Random(seed), World(10_000, 0.03, burst=3.0)) is not WatchFinding.FAIL


@pytest.mark.parametrize(
    "world", [World(200, 0.01, more=0.1), World(1000, 0.03, more=0.05, burst=3.0), World(200, median=20, factor=2)]
)
def test_the_simulation_ends_each_release_as_the_verdict_at_every_look_would(world):
    ends = [[run_release(Random(seed), world, shortcut=short) for seed in range(8)] for short in (True, False)]
    assert ends[0] == ends[1]
    assert WatchFinding.FAIL in ends[0]


@settings(deadline=None)
@given(some.integers(1, 30), some.integers(1, 30), some.data())
def test_the_factor_of_a_slice_is_one_on_the_mean(old, new, data):
    """What makes the product an e-value, over all ways in which the hits may fall on both versions."""
    hits = data.draw(some.integers(0, old + new))
    possible = range(max(0, hits - old), min(new, hits) + 1)
    ways = {k: comb(new, k) * comb(old, hits - k) / comb(old + new, hits) for k in possible}
    mean = sum(share * e_value([Counts(old, hits - k, new, k)], most=inf) for k, share in ways.items())
    assert mean == pytest.approx(1.0)


def test_the_bound_on_a_share_is_clopper_and_pearsons():
    """Of nothing in n requests it is 1 - 0.05 ** (1 / n), the rule of three."""
    for trials in (1, 30, 300):
        assert bound_share(0, trials) == pytest.approx(1 - 0.05 ** (1 / trials), rel=1e-6)


def test_a_p95_is_bounded_by_59_requests_at_least():
    """0.95 ** 59 is the first power below 5 % (Wilks 1941)."""
    assert bound_percentile([1.0] * 58, 95) is None
    assert bound_percentile([1.0] * 59, 95) == 1.0


def test_a_pass_says_what_it_excludes():
    answer = judge(OLD, sample(2, 60), ended=True).reasons[0]
    assert answer == "60 requests rule out more than 4.9% errors, p50 above 5 ms (1.0x), p95 above 5 ms (1.0x)"


def test_a_build_that_fails_a_tenth_of_requests_rarely_passes():
    random, passed = Random(2), 0
    for _ in range(300):
        errors = sum(random.random() < 0.1 for _ in range(60))
        passed += judge(sample(1, 540), sample(2, 60, errors), ended=True).finding is WatchFinding.PASS
    assert passed / 300 < 0.03


@settings(deadline=None)
@given(some.integers(1, 40), some.integers(1, 40), some.data())
def test_fisher_is_the_share_of_ways(trials, others, data):
    hits = data.draw(some.integers(0, trials))
    other_hits = data.draw(some.integers(0, others))
    total = hits + other_hits
    ways = sum(comb(trials, k) * comb(others, total - k) for k in range(hits, min(trials, total) + 1))
    assert fisher_tail(hits, trials, other_hits, others) == pytest.approx(ways / comb(trials + others, total))
