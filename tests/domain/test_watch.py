"""The verdict on a new version, and the two tests behind it against their definitions."""

from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hybridctl.domain.watch import Finding, Sample, Totals, binomial_tail, fisher_tail, judge


def sample(version: int, requests: int, errors: int = 0, ms: float = 5.0, warm: int | None = None) -> Sample:
    return Sample(version, requests, errors, 0, (ms,) * (requests if warm is None else warm))


OLD = sample(1, 270)


@pytest.mark.parametrize(
    ("new", "ended", "finding"),
    [
        (sample(2, 30), True, Finding.PASS),
        (sample(2, 30), False, Finding.INCONCLUSIVE),
        (sample(2, 0), True, Finding.INCONCLUSIVE),
        (sample(2, 29), True, Finding.INCONCLUSIVE),
        (sample(2, 30, errors=1), True, Finding.INCONCLUSIVE),
        (sample(2, 60, errors=1), True, Finding.PASS),
        (sample(2, 30, errors=2), True, Finding.FAIL),
        (sample(2, 30, errors=2), False, Finding.INCONCLUSIVE),
        (sample(2, 30, errors=3), False, Finding.FAIL),
        (sample(2, 3, errors=3), False, Finding.FAIL),
        (sample(2, 1, errors=1), True, Finding.INCONCLUSIVE),
        (sample(2, 10, ms=305), False, Finding.FAIL),
        (sample(2, 5, ms=305), False, Finding.INCONCLUSIVE),
        (sample(2, 30, ms=90), True, Finding.PASS),
    ],
)
def test_the_verdict(new, ended, finding):
    assert judge(OLD, new, ended=ended).finding is finding


def test_it_is_said_how_many_requests_are_missing():
    assert judge(OLD, sample(2, 12), ended=True).missing == 18
    assert judge(OLD, sample(2, 30, errors=1), ended=True).missing == 20
    assert "30 more needed" in judge(Sample(1), Sample(2), ended=True).reasons[0]


def test_a_new_version_as_bad_as_the_old_one_is_no_worse():
    assert judge(sample(1, 500, errors=50), sample(2, 60, errors=6), ended=True).finding is Finding.PASS


def test_errors_are_found_without_any_traffic_of_the_old_version():
    assert judge(Sample(1), sample(2, 30, errors=6), ended=True).finding is Finding.FAIL


def test_latency_is_not_judged_without_a_baseline():
    verdict = judge(sample(1, 5), sample(2, 40, ms=900), ended=True)
    assert verdict.finding is Finding.INCONCLUSIVE
    assert "15 more needed" in verdict.reasons[0]


def test_a_slow_tail_of_a_tenth_is_found_in_enough_requests():
    tail = Sample(2, 200, 0, 0, (5.0,) * 180 + (400.0,) * 20)
    assert judge(OLD, tail, ended=True).finding is Finding.FAIL


def test_one_slow_request_is_chance():
    assert judge(OLD, Sample(2, 40, 0, 0, (5.0,) * 39 + (900.0,)), ended=True).finding is Finding.PASS


def test_an_alarm_that_turned_red_fails_the_release_whatever_the_numbers():
    verdict = judge(OLD, sample(2, 100), ended=False, red=["errors"])
    assert (verdict.finding, verdict.reasons) == (Finding.FAIL, ("alarm errors turned red",))


@pytest.mark.parametrize(("share", "at_most"), [(0.0, 0.0), (0.002, 0.03)])
def test_a_good_build_is_seldom_taken_back_however_often_it_is_looked_at(share, at_most):
    """300 canaries of 10 %, looked at after each 20 requests; the new version errs as seldom as the old one."""
    random, taken_back = Random(1), 0
    for _ in range(300):
        counts = {1: [0, 0], 2: [0, 0]}
        for look in range(1, 51):
            for _ in range(20):
                version = 2 if random.random() < 0.1 else 1
                counts[version][0] += 1
                counts[version][1] += random.random() < share
            old, new = (sample(version, *counts[version]) for version in (1, 2))
            if judge(old, new, ended=look == 50).finding is Finding.FAIL:
                taken_back += 1
                break
    assert taken_back / 300 <= at_most


def test_a_build_that_fails_a_tenth_of_requests_seldom_passes():
    random, passed = Random(2), 0
    for _ in range(300):
        errors = sum(random.random() < 0.1 for _ in range(60))
        passed += judge(sample(1, 540), sample(2, 60, errors), ended=True).finding is Finding.PASS
    assert passed / 300 < 0.03


def test_a_percentile_is_one_of_the_durations_and_of_nothing_there_is_none():
    durations = Sample(1, 4, 0, 0, (1.0, 2.0, 3.0, 40.0))
    assert [durations.percentile(rank) for rank in (0, 50, 75, 95, 100)] == [1.0, 2.0, 3.0, 40.0, 40.0]
    assert Sample(1).percentile(95) is None
    assert Sample(1).error_share is None


def test_the_metrics_add_what_the_log_lacks_and_take_nothing_away():
    seen = sample(2, 10, errors=4)
    assert seen.witnessed(Totals(8, 1)) == seen
    assert (seen.witnessed(Totals(20, 7)).requests, seen.witnessed(Totals(20, 7)).errors) == (20, 7)


@given(some.integers(1, 40), some.integers(1, 40), some.data())
def test_fisher_is_the_share_of_ways(trials, others, data):
    hits = data.draw(some.integers(0, trials))
    other_hits = data.draw(some.integers(0, others))
    total = hits + other_hits
    ways = sum(comb(trials, k) * comb(others, total - k) for k in range(hits, min(trials, total) + 1))
    assert fisher_tail(hits, trials, other_hits, others) == pytest.approx(ways / comb(trials + others, total))


@given(some.integers(1, 40), some.floats(0.001, 0.999), some.data())
def test_the_binomial_tail_is_the_sum_of_its_terms(trials, chance, data):
    hits = data.draw(some.integers(0, trials))
    terms = (comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(hits, trials + 1))
    assert binomial_tail(hits, trials, chance) == pytest.approx(sum(terms), abs=1e-9)
