"""What slices say, one after the other and again: slow requests, slices put together, and the cost of a look."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hybridctl.domain import comparison as subject
from hybridctl.domain.comparison import RunningComparison, SlowCounts, count_slow
from hybridctl.domain.evidence import Counts, Evidence
from hybridctl.domain.samples import Sample
from hybridctl.domain.watch import WatchFinding, judge
from hybridctl.domain.watch_rules import USUAL, Margin

TWENTY = [float(ms) for ms in range(1, 21)]


def pair(old: list[float], new: list[float], errors: tuple[int, int] = (0, 0)) -> tuple[Sample, Sample]:
    return (
        Sample(1, len(old), min(errors[0], len(old)), 0, tuple(sorted(old))),
        Sample(2, len(new), min(errors[1], len(new)), 0, tuple(sorted(new))),
    )


def test_slow_is_what_the_margin_does_not_explain():
    # p50 of what is known is 10: with a factor of 2, what took 20.1 counts as 10.05.
    new = [12.0, 20.1, 22.0, 26.0, 40.0]
    assert count_slow([5.0, 30.0], new, TWENTY, Margin(50, 2.0, 1.0)) == SlowCounts(2, 1, 5, 4, 1)
    # 15 ms more allows more than a tenth does: 26 counts as 11.
    assert count_slow([5.0, 30.0], new, TWENTY, Margin(50, 1.1, 15.0)) == SlowCounts(2, 1, 5, 2, 1)
    assert count_slow([5.0, 30.0], [20.0, 25.0], TWENTY, Margin(50, 2.0, 1.0)) == SlowCounts(2, 1, 2, 1, 1)


def test_before_enough_is_learnt_both_versions_together_are_the_threshold():
    margin = Margin(50, 1.0, 0.0)
    # 1, 2, 3 and 9: the median is 2.
    assert count_slow([1.0, 2.0, 3.0], [9.0], [], margin) == SlowCounts(3, 1, 1, 1, 2)
    assert count_slow([0.5], [7.0], TWENTY[:19], margin) == SlowCounts(1, 0, 1, 1, 1)
    assert count_slow([0.5], [7.0], TWENTY, margin) == SlowCounts(1, 0, 1, 0, 0)
    # Without its margin of 8, the new 9 is a 1: the median of 1, 1, 2 and 3 is 1.
    assert count_slow([1.0, 2.0, 3.0], [9.0], [], Margin(50, 1.0, 8.0)) == SlowCounts(3, 2, 1, 0, 3)


def test_the_margin_taken_off_is_the_inverse_of_the_limit():
    for margin in (Margin(50, 1.25), Margin(95, 2.0, 50.0)):
        for taken in (0.0, 3.0, 20.0, 400.0):
            assert margin.remove(margin.limit(taken)) == pytest.approx(taken)


def test_of_no_durations_there_is_nothing_slow():
    assert count_slow([], [], [], Margin(50, 1.0, 0.0)) == SlowCounts(0, 0, 0, 0)
    assert RunningComparison(USUAL.margins).errors == 1.0
    assert [one.evidence for one in RunningComparison(USUAL.margins).slowness] == [1.0] * 3


def test_slices_are_put_together_until_they_have_enough_to_compare():
    def parts(*slices):
        known = RunningComparison(())
        known.read(slices)
        return [(part.end, part.errors) for part in known._parts]

    small, rest, large = pair([9.0] * 4, [9.0] * 5, (1, 3)), pair([], [7.0], (0, 1)), pair([5.0] * 9, [5.0], (1, 1))
    assert parts() == []
    assert parts(small) == [(1, Counts(4, 1, 5, 3))]
    assert parts(large, large) == [(1, Counts(9, 1, 1, 1)), (2, Counts(9, 1, 1, 1))]
    assert parts(small, rest, large) == [(2, Counts(4, 1, 6, 4)), (3, Counts(9, 1, 1, 1))]
    assert [end for end, _ in parts(*[rest] * 21)] == [10, 20, 21]


SLICES = some.lists(
    some.builds(
        pair,
        some.lists(some.sampled_from([5.0, 6.0, 9.0, 40.0]), max_size=14),
        some.lists(some.sampled_from([5.0, 6.0, 9.0, 40.0, 90.0]), max_size=8),
        some.tuples(some.integers(0, 3), some.integers(0, 3)),
    ),
    max_size=14,
)


@settings(deadline=None)
@given(SLICES, some.data())
def test_slices_that_come_one_by_one_and_change_again_say_what_they_say_at_once(slices, data):
    known, seen = RunningComparison(USUAL.margins), []
    while len(seen) < len(slices):
        seen = slices[: len(seen) + data.draw(some.integers(1, 4))]
        if data.draw(some.booleans()):  # late lines
            at = data.draw(some.integers(0, len(seen) - 1))
            seen[at] = slices[at] = pair([5.0] * data.draw(some.integers(0, 12)), [90.0])
        known.read(seen)
        fresh = RunningComparison(USUAL.margins)
        fresh.read(list(seen))
        assert (known.errors, known.slowness, known.new_errors) == (fresh.errors, fresh.slowness, fresh.new_errors)


def test_a_look_costs_what_is_new(monkeypatch):
    """The number of durations that a look goes through, at the release's first looks and after an hour."""
    random, looked_at = Random(1), 0
    count = count_slow

    def counting(old, new, learnt, margin):
        nonlocal looked_at
        looked_at += len(old) + len(new)
        return count(old, new, learnt, margin)

    monkeypatch.setattr(subject, "count_slow", counting)
    known, slices, costs = RunningComparison(USUAL.margins[:1]), [], []
    for _ in range(240):
        slices += [pair([random.random() for _ in range(18)], [random.random() for _ in range(2)]) for _ in range(3)]
        looked_at = 0
        known.read(list(slices))
        costs.append(looked_at)
    assert costs == [60, *[80] * 239]  # 60 are new, 20 are those of the slice that was last
    slices[700], looked_at = pair([0.5] * 18, [0.5] * 2), 0
    known.read(list(slices))
    assert looked_at == 20 * len(slices[700:])


def in_sums(slices):
    old, new = slices[0]
    for one, other in slices[1:]:
        old, new = old.add(one), new.add(other)
    return old, new


@pytest.mark.parametrize(
    ("slow", "reason"),
    [
        (24, "slower: p50 400 ms against 5 ms (limit 10 ms)"),
        (4, "slower: p95 400 ms against 5 ms (limit 10 ms)"),
        (1, "slower: p99 400 ms against 5 ms (limit 10 ms)"),
    ],
)
def test_where_all_durations_are_equal_it_is_the_percentile_that_is_slower(slow, reason):
    """All of the old version's requests take 5 ms, and so many of 40 of the new one take longer."""
    slices = [pair([5.0] * 90, [5.0] * (40 - slow) + [400.0] * slow)] * 20
    found = judge(*in_sums(slices), ended=True, slices=slices)
    assert found.finding is WatchFinding.FAIL
    assert found.reasons[0] == reason


def test_a_percentile_within_its_margin_does_not_fail_because_others_are_equal():
    """130 ms is within the margins of p95 and p99, and the p50 has not changed."""
    old, new = Sample(1, 270, 0, 0, (100.0,) * 270), Sample(2, 200, 0, 0, (100.0,) * 180 + (130.0,) * 20)
    assert judge(old, new, ended=True).finding is WatchFinding.PASS


def test_versions_that_differ_at_the_same_time_only_are_not_described_by_their_sums():
    """The new version takes twice as long while it is calm. The old version answers nearly all requests under load."""
    calm, load = pair([10.0] * 10, [20.0] * 10), pair([50.0] * 1000, [60.0] * 10)
    slices = [calm] * 40 + [load] * 3
    found = judge(*in_sums(slices), ended=True, slices=slices)
    assert found.finding is WatchFinding.FAIL
    assert found.reasons[0] == (
        "slower at the same time: 95% of the requests exceed the limit of p50, 29% of version 1"
    )


def test_a_difference_at_the_same_time_may_be_chance_too():
    calm, load = pair([10.0] * 10, [20.0] * 3), pair([50.0] * 1000, [60.0] * 40)
    slices = [calm] * 5 + [load] * 3
    found = judge(*in_sums(slices), ended=True, slices=slices)
    assert found.finding is WatchFinding.INCONCLUSIVE
    assert found.reasons[0].startswith("slower at the same time: ")


def test_a_slice_of_which_only_the_new_version_has_changed_is_compared_again():
    old, bad, good = pair([5.0] * 90, [])[0], pair([], [5.0] * 20, (0, 9))[1], pair([], [5.0] * 20)[1]
    known = RunningComparison(())
    known.read([(old, bad), (old, good)])
    known.read([(old, good), (old, good)])
    assert known.new_errors == 0


@pytest.mark.parametrize(
    ("margin", "old", "new", "is_slower"),
    [
        (Margin(50, 1.0, 1.0), [5.0] * 100, [5.0] * 50 + [90.0] * 50, False),  # its p50 is still 5 ms
        (Margin(50, 1.0, 1.0), [5.0] * 100, [5.0] * 49 + [90.0] * 51, True),
        (Margin(95, 1.0, 1.0), [5.0] * 400, [5.0] * 189 + [90.0] * 11, True),
        (Margin(95, 1.0, 1.0), [5.0] * 400, [5.0] * 190 + [90.0] * 10, False),
    ],
)
def test_more_requests_must_exceed_the_limit_than_the_rank_allows(margin, old, new, is_slower):
    known = RunningComparison([margin])
    known.read([pair(old, new)])
    assert (known.slowness[0].evidence > 1) is is_slower


def test_where_few_of_the_old_versions_requests_reach_the_limit_few_are_enough():
    """The load falls all the time, so each slice is faster than what was learnt."""
    known = RunningComparison([Margin(50, 1.0, 1.0)])
    known.read([pair([ms] * 30, [ms] * 7 + [900.0] * 3) for ms in range(100, 70, -1)])
    assert known.slowness[0].counts.new_hits / known.slowness[0].counts.new < 0.5
    assert known.slowness[0].evidence > 100


def test_what_an_earlier_look_knew_is_used_and_bounds_the_evidence():
    slices = [pair([5.0] * 90, [5.0] * 20, (0, 4))] * 3
    known = RunningComparison(USUAL.margins, phases=2)
    judge(*in_sums(slices), ended=False, slices=slices, known=known, phases=2)
    assert known.new_errors == 12
    assert known.bounds()[0] >= known.errors > 100


def test_nothing_is_beyond_a_limit_without_requests_of_both():
    known = RunningComparison([Margin(50, 1.0, 0.0)])
    known.read([pair([], [90.0] * 30)])
    assert known.slowness[0].evidence == 1.0


def test_with_more_phases_an_estimated_clustering_has_to_be_stronger():
    """As failures, and as slow requests. One phase does not need it for failures."""
    counts = [(1, 4), (4, 4), (0, 1), (0, 2), (4, 2), (1, 3), (1, 4), (0, 0)]
    failed = [pair([5.0] * 100, [5.0] * 20, errors) for errors in counts]
    slow = [pair([5.0] * (100 - old) + [90.0] * old, [5.0] * (20 - new) + [90.0] * new) for old, new in counts]

    def read(slices, phases):
        known = RunningComparison([Margin(95, 1.0, 0.0)], phases=phases)
        known.read(slices)
        return known.errors, known.slowness[0].evidence

    (failing, _), (_, slower) = read(failed, 2), read(slow, 1)
    assert read(failed, 9)[0] == pytest.approx(2 * failing / 9)
    at_once = Evidence()
    for old, new in counts:
        at_once = at_once.add(Counts(100, old, 20, new))
    assert read(failed, 1)[0] == at_once.value_at_once() < failing
    assert read(slow, 9)[1] == pytest.approx(slower / 9)
