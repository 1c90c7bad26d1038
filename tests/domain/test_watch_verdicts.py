"""Each verdict word for word, and the limits between them."""

from dataclasses import replace
from math import inf

import pytest

from hybridctl.domain.comparison import RunningComparison, count_slow
from hybridctl.domain.evidence import SUSPICIOUS, Counts, e_value, e_value_beyond, fisher_tail
from hybridctl.domain.samples import Sample
from hybridctl.domain.watch import Verdict, WatchFinding, judge
from hybridctl.domain.watch_rules import USUAL, Margin

FAIL, PASS, INCONCLUSIVE = WatchFinding.FAIL, WatchFinding.PASS, WatchFinding.INCONCLUSIVE


def sample(version: int, requests: int, errors: int = 0, ms: float = 5.0, warm: int | None = None) -> Sample:
    return Sample(version, requests, errors, 0, (ms,) * (requests if warm is None else warm))


OLD = sample(1, 270)
SPREAD = tuple(float(ms) for ms in range(1, 101))


def few(requests: int, of: int, more: int) -> Verdict:
    share = f"{requests} of {of} ({requests / of:.1%})"
    why = f"{share} of version 2 failed: not enough requests to tell chance from failure, {more} more needed"
    return Verdict(INCONCLUSIVE, (why,), more)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (OLD, sample(2, 12), Verdict(INCONCLUSIVE, ("version 2 answered 12 requests: 18 more needed",), 18)),
        (OLD, sample(2, 1), Verdict(INCONCLUSIVE, ("version 2 answered 1 request: 29 more needed",), 29)),
        (
            sample(1, 5),
            sample(2, 40, ms=900),
            Verdict(INCONCLUSIVE, ("version 1 answered 5 warm requests: 15 more needed",)),
        ),
        (
            sample(1, 900, warm=19),
            sample(2, 40),
            Verdict(INCONCLUSIVE, ("version 1 answered 19 warm requests: 1 more needed",)),
        ),
        (OLD, sample(2, 30, 1), few(1, 30, 20)),
        (OLD, sample(2, 30, 2), few(2, 30, 70)),
        (OLD, sample(2, 49, 1), few(1, 49, 1)),
        (
            OLD,
            sample(2, 50, 1),
            Verdict(PASS, ("50 requests rule out more than 9.1% errors, p50 above 5 ms (1.0x)",)),
        ),
        (
            sample(1, 1500),
            sample(2, 58, 1),
            Verdict(PASS, ("58 requests rule out more than 7.9% errors, p50 above 5 ms (1.0x)",)),
        ),
        (
            sample(1, 900),
            sample(2, 120, 2),
            Verdict(
                INCONCLUSIVE,
                ("2 of 120 (1.7%) against 0 of 900 (0.0%) may be chance (1%): more requests would decide",),
                120,
            ),
        ),
        (
            replace(OLD, warm_ms=(0.0,) * 30),
            sample(2, 30, ms=305),
            Verdict(
                FAIL,
                ("slower: p50 305 ms against 0 ms (limit 5 ms)",),
            ),
        ),
        (
            sample(1, 900, warm=20),
            sample(2, 30),
            Verdict(PASS, ("30 requests rule out more than 9.5% errors, p50 above 5 ms (1.0x)",)),
        ),
        (sample(1, 270, 1), sample(2, 100, 3), few(3, 100, 50)),
        (sample(1, 270, 20), sample(2, 60, 8), few(8, 60, 48)),
        (OLD, sample(2, 30, 3), Verdict(FAIL, ("errors: 3 of 30 (10.0%) against 0 of 270 (0.0%)",))),
        (Sample(1), sample(2, 30, 6), Verdict(FAIL, ("errors: 6 of 30 (20.0%) against none",))),
        (
            Sample(1, 100, 0, 0, SPREAD),
            Sample(2, 100, 0, 0, tuple(3 * ms for ms in SPREAD)),
            Verdict(FAIL, ("slower: p50 150 ms against 50 ms (limit 62 ms)",)),
        ),
        (
            Sample(1, 100, 0, 0, SPREAD),
            Sample(2, 59, 0, 0, SPREAD[:59]),
            Verdict(
                PASS, ("59 requests rule out more than 5.0% errors, p50 above 37 ms (0.7x), p95 above 59 ms (0.6x)",)
            ),
        ),
        (
            OLD,
            sample(2, 250, 3),
            Verdict(
                PASS, ("250 requests rule out more than 3.1% errors, p50 above 5 ms (1.0x), p95 above 5 ms (1.0x)",)
            ),
        ),
        (OLD, sample(2, 30, warm=4), Verdict(PASS, ("30 requests rule out more than 9.5% errors",))),
        (
            replace(OLD, warm_ms=(0.0,) * 30),
            sample(2, 30, ms=0),
            Verdict(PASS, ("30 requests rule out more than 9.5% errors",)),
        ),
    ],
)
def test_the_verdict_at_the_end_of_a_window_word_for_word(old, new, verdict):
    assert judge(old, new, ended=True) == verdict
    # Before the end nothing passes, and nothing else is different.
    so_far = Verdict(INCONCLUSIVE, ("nothing indicates a problem with version 2 so far",))
    assert judge(old, new, ended=False) == (so_far if verdict.finding is PASS else verdict)


def test_every_alarm_is_named_before_the_numbers():
    assert judge(OLD, sample(2, 30, 3), ended=False, red=["a", "b"]).reasons == (
        "alarm a turned red",
        "alarm b turned red",
        "errors: 3 of 30 (10.0%) against 0 of 270 (0.0%)",
    )


def test_failures_that_are_unlikely_by_chance_are_watched_on():
    """Both versions fail often, so the share is no fault by itself; 1.8 % is the chance of so many on the new one."""
    old, new = sample(1, 270, 27), sample(2, 60, 12)
    chance = fisher_tail(12, 60, 27, 270)
    assert 0.02 < chance < 0.05
    found = judge(old, replace(new, requests=60), ended=True, rules=replace(USUAL, passing_errors=0.3))
    assert found == Verdict(
        INCONCLUSIVE,
        (f"12 of 60 (20.0%) against 27 of 270 (10.0%) may be chance ({chance:.0%}): more requests would decide",),
        60,
    )


def test_slowness_on_its_way_to_the_limit_is_watched_on():
    new = Sample(2, 30, 0, 0, tuple(sorted([*SPREAD[:18], *SPREAD[-12:]])))
    margin = Margin(50, 1.0, 0.0)
    found = judge(
        Sample(1, 100, 0, 0, SPREAD), new, ended=True, rules=replace(USUAL, margins=(margin,), for_slowness=1e-9)
    )
    evidence = e_value([count_slow(SPREAD, new.warm_ms, (), margin)], most=inf)
    assert (found.finding is INCONCLUSIVE) is (evidence >= 10)
    slow = Sample(2, 30, 0, 0, SPREAD[60:90])
    found = judge(
        Sample(1, 100, 0, 0, SPREAD), slow, ended=True, rules=replace(USUAL, margins=(margin,), for_slowness=1e-9)
    )
    assert found == Verdict(
        INCONCLUSIVE, ("slower: p50 75 ms against 50 ms (limit 50 ms) may be chance: more requests would decide",), 30
    )


def limits(evidence: float, share: str):
    """Rules by which that evidence is just enough, and just not."""
    just = replace(USUAL, false_alarm=0.01, for_errors_at_end=0.0, **{share: 100 / evidence * 1.0001})
    return just, replace(just, **{share: 100 / evidence * 0.9999})


def test_errors_fail_a_release_from_their_limit_on():
    old, new = sample(1, 90, 1), sample(2, 30, 4)
    enough, less = limits(e_value([Counts(90, 1, 30, 4)], most=inf), "for_errors")
    assert judge(old, new, ended=False, rules=enough).finding is FAIL
    assert judge(old, new, ended=False, rules=less).finding is INCONCLUSIVE
    assert judge(old, new, ended=False, rules=replace(enough, min_errors=4)).finding is FAIL
    assert judge(old, new, ended=False, rules=replace(enough, min_errors=5)).finding is INCONCLUSIVE


def test_slowness_fails_a_release_from_its_limit_on():
    old, new = Sample(1, 100, 0, 0, SPREAD), Sample(2, 10, 0, 0, SPREAD[-10:])
    margin = Margin(50, 1.0, 0.0)
    evidence = e_value([count_slow(SPREAD, new.warm_ms, (), margin)], most=inf)
    enough, less = (replace(rules, margins=(margin,)) for rules in limits(evidence, "for_slowness"))
    assert judge(old, new, ended=False, rules=enough).finding is FAIL
    assert judge(old, new, ended=False, rules=less).finding is INCONCLUSIVE
    assert judge(old, new, ended=False, rules=replace(enough, min_warm=10)).finding is FAIL
    assert judge(old, new, ended=False, rules=replace(enough, min_warm=11)).finding is INCONCLUSIVE


def test_without_the_old_version_errors_are_compared_with_what_is_tolerated():
    new = sample(2, 40, 4)
    enough, less = limits(e_value_beyond(4, 40, 0.01), "for_errors")
    assert judge(Sample(1), new, ended=False, rules=enough).finding is FAIL
    assert judge(Sample(1), new, ended=False, rules=less).finding is INCONCLUSIVE
    assert judge(sample(1, 1), new, ended=False, rules=enough).finding is INCONCLUSIVE


def test_a_few_requests_of_the_old_version_show_that_requests_fail_anyway():
    """Both versions fail half of their requests. The first seconds of a release have few of them."""
    assert judge(sample(1, 18, 9), sample(2, 4, 2), ended=False).finding is INCONCLUSIVE
    assert judge(sample(1, 18, 0), sample(2, 4, 4), ended=False).finding is FAIL


def test_what_the_slices_do_not_account_for_is_judged_by_the_sums():
    """A log that lacks lines: the metrics saw 5 errors, the slices 4."""
    slices = [(sample(1, 45), sample(2, 15, 2))] * 2
    compared = RunningComparison(())
    compared.read(slices)
    in_slices = compared.errors
    in_sums = e_value([Counts(90, 0, 30, 5)], most=inf)
    assert in_slices < in_sums
    usual = replace(USUAL, for_errors_at_end=0.0)
    rules = replace(usual, for_errors=100 / in_sums * 1.0001)
    assert judge(sample(1, 90), sample(2, 30, 5), ended=False, slices=slices, rules=rules).finding is FAIL
    assert judge(sample(1, 90), sample(2, 30, 4), ended=False, slices=slices, rules=rules).finding is INCONCLUSIVE
    rules = replace(usual, for_errors=100 / in_slices * 1.0001)
    assert judge(sample(1, 90), sample(2, 30, 4), ended=False, slices=slices, rules=rules).finding is FAIL


def test_slow_requests_are_judged_slice_by_slice():
    """In each slice both versions are alike; the second is slow for both."""
    fast, slow = SPREAD, tuple(10 * ms for ms in SPREAD)
    slices = [
        (Sample(1, 100, 0, 0, fast), Sample(2, 5, 0, 0, fast[::20])),
        (Sample(1, 5, 0, 0, slow[::20]), Sample(2, 20, 0, 0, fast[::5])),
    ]
    old, new = (
        Sample(1, 105, 0, 0, tuple(sorted(fast + slow[::20]))),
        Sample(2, 25, 0, 0, tuple(sorted(fast[::20] + fast[::5]))),
    )
    assert judge(old, new, ended=False, slices=slices).finding is INCONCLUSIVE
    assert judge(old, new, ended=False, slices=slices, rules=replace(USUAL, for_slowness=99.0)).finding is INCONCLUSIVE


def test_a_baseline_of_twenty_is_enough_to_judge_slowness_by():
    rules = replace(USUAL, for_slowness=1.0)
    for warm, finding in ((19, INCONCLUSIVE), (20, FAIL)):
        found = judge(sample(1, 270, warm=warm), sample(2, 12, ms=900), ended=False, rules=rules)
        assert found.finding is finding


def test_a_single_burst_of_slow_requests_takes_nothing_back():
    calm, burst = (sample(1, 90), sample(2, 20)), (sample(1, 90), sample(2, 20, ms=400))
    new = Sample(2, 200, 0, 0, (5.0,) * 180 + (400.0,) * 20)
    assert judge(sample(1, 900), new, ended=False, slices=[*[calm] * 9, burst]).finding is INCONCLUSIVE
    spread = (sample(1, 90), Sample(2, 20, 0, 0, (5.0,) * 18 + (400.0,) * 2))
    assert judge(sample(1, 900), new, ended=False, slices=[spread] * 10).finding is FAIL


def test_each_of_several_phases_must_look_as_many_times_as_unlikely_to_leave_a_doubt():
    """By chance alone, one of nine phases of a good version would often look like this."""
    for old, new, rules in (
        (sample(1, 270, 27), sample(2, 60, 12), replace(USUAL, passing_errors=0.3)),  # a chance of 3 %
        (sample(1, 270, 1), sample(2, 100, 3), USUAL),  # of 6 %
    ):
        assert judge(old, new, ended=True, rules=rules).finding is INCONCLUSIVE
        assert judge(old, new, ended=True, rules=rules, phases=9).finding is PASS


@pytest.mark.parametrize("phases", [1, 2])
def test_bursts_raise_no_doubt_once_no_time_is_left(phases):
    """Four bursts of five in the new version, six in the old one: as single failures, that would be suspicious."""
    calm = [(sample(1, 90), sample(2, 30))] * 10
    old, new = (sample(1, 90, 5), sample(2, 30)), (sample(1, 90), sample(2, 30, 5))
    slices = [*calm, old, new, *calm, old, old, new, *calm, old, new, *calm, old, new, *calm, old]
    sums = sample(1, 90 * len(slices), 30), sample(2, 30 * len(slices), 20)
    assert judge(*sums, ended=True, slices=slices, phases=phases).finding is INCONCLUSIVE
    assert judge(*sums, ended=True, slices=slices, phases=phases, time_is_up=True).finding is PASS


def at_the_end(old_errors: int, new_errors: int, failing: int = 3, **more) -> WatchFinding:
    """The finding when the time of a release is up; the new version's errors are in so many slices of ten."""
    old, new = sample(1, 270, old_errors), sample(2, 30)
    slices = [
        (sample(1, 27, old_errors // 10), sample(2, 3, new_errors // failing * (at < failing))) for at in range(10)
    ]
    more = {"ended": True, "time_is_up": True, "slices": slices, **more}
    return judge(old, replace(new, errors=new_errors), **more).finding


def test_when_the_time_of_a_single_phase_is_up_unlikely_failures_fail():
    """Each slice of three requests with an error is weak evidence, all together have a chance of 0.1 %."""
    assert fisher_tail(3, 30, 0, 270) == pytest.approx(0.001, abs=0.0002)
    unlikely = replace(USUAL, for_errors=0.2 + 1e-9)
    assert at_the_end(0, 3, rules=unlikely) is FAIL
    assert at_the_end(0, 3, rules=unlikely, time_is_up=False) is INCONCLUSIVE
    assert at_the_end(0, 3, rules=unlikely, phases=2) is INCONCLUSIVE
    allowed = fisher_tail(3, 30, 0, 270) / USUAL.false_alarm
    for share, finding in ((allowed * 1.0001, FAIL), (allowed * 0.9999, INCONCLUSIVE)):
        rules = replace(USUAL, for_errors=share + 1e-9, for_errors_at_end=share)
        assert at_the_end(0, 3, rules=rules) is finding


def test_a_single_phase_keeps_a_part_of_the_false_alarms_for_its_end():
    """Three errors of one slice each: an e-value of 163, and by chance 0.13 %."""
    slices = [(sample(1, 24), sample(2, 3, at < 3)) for at in range(10)]
    numbers = sample(1, 240), sample(2, 30, 3)
    assert 0.001 < fisher_tail(3, 30, 0, 240) < 0.002
    compared = RunningComparison(())
    compared.read(slices)
    assert 100 / 0.7 < compared.errors < 100 / 0.5
    assert judge(*numbers, ended=True, slices=slices).finding is INCONCLUSIVE
    assert judge(*numbers, ended=True, slices=slices, time_is_up=True).finding is FAIL
    assert judge(*numbers, ended=False, slices=slices, rules=replace(USUAL, for_errors_at_end=0.0)).finding is FAIL


def test_bursts_do_not_fail_when_the_time_is_up():
    """Six bursts of five in each version: as single failures, 0.2 % would be chance."""
    calm = [(sample(1, 90), sample(2, 30))] * 10
    old, new = (sample(1, 90, 5), sample(2, 30)), (sample(1, 90), sample(2, 30, 5))
    slices = [*calm, old, new, *calm, old, old, new, new, *calm, old, new, *calm, old, new, *calm, old, new]
    sums = sample(1, 90 * len(slices), 30), sample(2, 30 * len(slices), 30)
    assert fisher_tail(30, sums[1].requests, 30, sums[0].requests) < 0.002
    assert judge(*sums, ended=True, slices=slices, time_is_up=True).finding is not FAIL


@pytest.mark.parametrize("failing", [1, 2])
def test_failures_in_less_than_three_slices_do_not_fail_when_the_time_is_up(failing):
    assert fisher_tail(2, 30, 0, 270) > 0.002 > fisher_tail(6, 30, 0, 270)
    unlikely = replace(USUAL, for_errors=0.2 + 1e-9)
    assert at_the_end(0, 6, failing, rules=unlikely) is INCONCLUSIVE
    assert at_the_end(0, 6, 3, rules=unlikely) is FAIL


def test_a_single_phase_is_watched_on_sooner_than_it_is_given_up():
    """The first is a share that could pass, the second is not."""
    for old, new, above, below in (
        (sample(1, 250), sample(2, 200, 3), 0.05, 0.1),
        (sample(1, 270, 10), sample(2, 60, 4), 0.1, 0.4),
    ):
        assert above < fisher_tail(new.errors, new.requests, old.errors, old.requests) < below
        assert judge(old, new, ended=True).finding is INCONCLUSIVE
        assert judge(old, new, ended=True, time_is_up=True).finding is PASS


def test_slowness_is_watched_on_before_it_is_nearly_evidence():
    margin = Margin(50, 1.0, 0.0)
    new = Sample(2, 30, 0, 0, SPREAD[47:77])
    assert 6 < e_value([count_slow(SPREAD, new.warm_ms, (), margin)], most=inf) < 10
    found = judge(Sample(1, 100, 0, 0, SPREAD), new, ended=True, rules=replace(USUAL, margins=(margin,)))
    assert found.finding is INCONCLUSIVE


@pytest.mark.parametrize("others", [1, 9, 99, 10**6])
def test_a_single_slow_request_is_not_suspicious(others):
    assert e_value([Counts(others, 0, 1, 1)]) < SUSPICIOUS
