"""Which periods a window is cut into, and which windows stand on either side of a release."""

from datetime import datetime, timedelta

import pytest

from fakes.clock import NOON
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.metrics.release import find_release, sides_of
from hybridctl.domain.metrics.span import Span, span_of
from hybridctl.domain.release import Kind, Outcome, Release
from hybridctl.errors import NotFound, UsageInvalid

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("back", "seconds", "count"),
    [
        (5 * MINUTE, 60, 5),
        (HOUR, 60, 60),
        (5 * HOUR, 300, 60),
        (6 * HOUR, 300, 72),
        (DAY, 900, 96),
        (7 * DAY, 3600, 168),
        (30 * DAY, 21_600, 120),
        (400 * DAY, 86_400, 401),  # noon to noon touches one day more
    ],
)
def test_the_period_is_the_coarsest_that_gives_sixty_points(back, seconds, count):
    span = span_of(Window(NOON - back), NOON, None)
    assert (span.seconds, span.count) == (seconds, count)


@pytest.mark.parametrize(("age", "seconds"), [(15 * DAY, 60), (16 * DAY, 300), (63 * DAY, 300), (64 * DAY, 3600)])
def test_an_hour_long_ago_is_read_in_the_periods_that_are_still_kept(age, seconds):
    assert span_of(Window(NOON - age, NOON - age + HOUR), NOON, None).seconds == seconds


def test_periods_begin_where_cloudwatchs_do_and_cover_the_window():
    span = span_of(Window(NOON - timedelta(minutes=7, seconds=30), NOON - timedelta(seconds=10)), NOON, "5m")
    assert (span.start, span.end, span.seconds) == (NOON - 10 * MINUTE, NOON, 300)
    assert span.moments == (NOON - 10 * MINUTE, NOON - 5 * MINUTE)


@pytest.mark.parametrize(
    ("late", "delay", "filling"),
    [
        (0, 0, 0),  # at the very end of the last minute
        (-1, 0, 1),
        (-30, 0, 1),
        (0, 120, 2),
        (-30, 120, 3),
        (120, 120, 0),
        (3600, 120, 0),
        (-7200, 120, 10),  # all of it lies ahead of a clock that is behind
    ],
)
def test_a_period_is_settled_once_it_is_over_and_the_delay_has_passed(late, delay, filling):
    span = Span(NOON - 10 * MINUTE, 10, 60)
    assert span.as_of(NOON + timedelta(seconds=late), timedelta(seconds=delay)).filling == filling


@pytest.mark.parametrize("period", ["0", "30", "90s", "5x", "", "2d", "-60", "1.5m"])
def test_an_invalid_period_is_refused(period):
    if period == "":
        assert span_of(Window(NOON - HOUR), NOON, period).seconds == 60
        return
    with pytest.raises(UsageInvalid, match="--period"):
        span_of(Window(NOON - HOUR), NOON, period)


@pytest.mark.parametrize(("age", "period"), [(20 * DAY, "60"), (20 * DAY, "7m"), (100 * DAY, "5m")])
def test_a_period_that_is_no_longer_kept_is_refused_with_the_one_that_is(age, period):
    with pytest.raises(UsageInvalid, match="points of") as caught:
        span_of(Window(NOON - age), NOON, period)
    assert "days back" in str(caught.value.hint)


def test_more_points_than_a_screen_can_use_are_refused():
    with pytest.raises(UsageInvalid, match="10,080 points"):
        span_of(Window(NOON - 7 * DAY), NOON, "60")


def test_what_is_older_than_all_metrics_is_refused():
    with pytest.raises(UsageInvalid, match="455 days"):
        span_of(Window(NOON - 456 * DAY), NOON, None)


def release(number: int, started: datetime, **more) -> Release:
    values = {"outcome": Outcome.LIVE, "finished": started + timedelta(seconds=90), "version_after": number} | more
    return Release(f"r{number}", Kind.DEPLOY, "local", "0", "ada", "host", started, **values)


def test_the_last_release_is_the_last_that_moved_traffic():
    history = [
        release(1, NOON),
        release(2, NOON),
        release(3, NOON, outcome=Outcome.FAILED),
        release(4, NOON, outcome=Outcome.RUNNING, finished=None),
    ]
    assert find_release(history, "last").id == "r2"
    assert find_release(history, "r3").id == "r3"
    assert find_release(history, "2").id == "r2", "a version names the release that made it live"
    with pytest.raises(NotFound):
        find_release(history, "r4")
    with pytest.raises(NotFound):
        find_release([], "last")
    with pytest.raises(NotFound, match="3 releases begin with r"):
        find_release(history, "r")


def test_both_sides_are_equally_long_and_hold_nothing_of_the_release_itself():
    began = NOON - timedelta(minutes=10, seconds=30)
    before, after = sides_of(release(1, began), HOUR, NOON, 60)
    assert after == Span(NOON - 9 * MINUTE, 9, 60)
    assert before == Span(NOON - 20 * MINUTE, 9, 60)
    assert before.end <= began
    assert after.start >= began + timedelta(seconds=90)


def test_an_old_release_is_compared_over_the_length_that_was_asked_for():
    before, after = sides_of(release(1, NOON - 5 * HOUR), HOUR, NOON, 60)
    assert (before.count, after.count) == (60, 60)


def test_just_after_a_release_there_is_nothing_to_compare():
    with pytest.raises(UsageInvalid, match="no full period") as caught:
        sides_of(release(1, NOON - timedelta(seconds=100)), HOUR, NOON, 60)
    assert "wait" in str(caught.value.hint)
