"""Which window each sweep asks for, to the second, and where each limit of the cursor is."""

from datetime import UTC, datetime, timedelta

import pytest

from fakes.logs import event
from hybridctl.domain.logs.cursor import (
    CATCH_UP,
    DEEP,
    DEEPEST,
    FAR_LATE,
    FUTURE,
    KEPT,
    MARGIN,
    OVERLAP,
    QUIET,
    Cursor,
    LogGap,
)
from hybridctl.domain.logs.moments import Window

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def cursor_at(seconds: float) -> Cursor:
    """One that has shown a line of that moment, and has made its first sweep, which reaches far."""
    cursor = Cursor(START)
    cursor.window(at(seconds))
    cursor.swept(at(seconds))
    cursor.admit([event(at(seconds), "newest")], at(seconds))
    return cursor


def reaches(cursor: Cursor, sweeps: int, now: datetime) -> list[timedelta]:
    found = []
    for _ in range(sweeps):
        found.append(cursor.newest - cursor.window(now).start)
        cursor.swept(now)
    return found


def test_every_eighth_sweep_reaches_deep_and_every_28th_deepest():
    found = reaches(cursor_at(600), 60, at(600))
    assert found == [DEEPEST if sweep % 28 == 27 else DEEP if sweep % 8 == 7 else OVERLAP for sweep in range(1, 61)]


def test_the_first_sweep_and_one_that_is_asked_for_reach_deepest_once():
    cursor = Cursor(START)
    cursor.admit([event(at(600))], at(600))
    assert reaches(cursor, 2, at(600)) == [DEEPEST, OVERLAP]
    cursor.reach_far()
    assert reaches(cursor, 2, at(600)) == [DEEPEST, OVERLAP]


@pytest.mark.parametrize(
    ("late", "every"),
    [(1.6, 3), (4, 3), (5.4, 3), (5.6, 4), (8, 5), (14, 8), (14.9, 8)],
)
def test_while_lines_come_late_one_sweep_in_so_many_reaches_as_far_back_as_they_came(late, every):
    cursor = cursor_at(600)
    cursor.admit([event(at(600 - late), "late")], at(600))
    deep = timedelta(seconds=late) + MARGIN / 2
    found = reaches(cursor, 20, at(600))
    assert found == [deep if sweep % every == every - 1 else OVERLAP - MARGIN / 2 for sweep in range(1, 21)]


@pytest.mark.parametrize(
    ("late", "is_remembered"),
    [
        (OVERLAP - MARGIN, False),
        (OVERLAP - MARGIN + TICK, True),
        (FAR_LATE - TICK, True),
        (FAR_LATE, False),
        (MARGIN, False),
    ],
)
def test_lateness_between_what_is_near_and_what_is_far_is_remembered(late, is_remembered):
    cursor = cursor_at(600)
    cursor.admit([event(at(600) - late, "late")], at(600))
    assert (reaches(cursor, 1, at(600)) == [OVERLAP - MARGIN / 2]) is is_remembered


def test_the_latest_line_counts_and_is_forgotten_after_half_a_minute():
    cursor = cursor_at(600)
    cursor.admit([event(at(592), "a"), event(at(596), "b")], at(600))
    reach = timedelta(seconds=8) + MARGIN / 2
    assert reach in reaches(cursor, 5, at(629.999))
    cursor.admit([event(at(597), "c")], at(629))  # prolongs it; what was later still counts
    assert reach in reaches(cursor, 5, at(630))
    assert reaches(cursor, 4, at(659)) == [OVERLAP] * 4
    cursor.admit([event(at(596.5), "d")], at(700))
    assert timedelta(seconds=3.5) + MARGIN / 2 in reaches(cursor, 3, at(700))


@pytest.mark.parametrize(("late", "is_late"), [(MARGIN, False), (MARGIN + TICK, True)])
def test_a_line_is_late_from_a_second_on(late, is_late):
    assert cursor_at(600).admit([event(at(600) - late, "x")], at(600)) == [(event(at(600) - late, "x"), is_late)]


def test_lines_of_one_answer_do_not_make_each_other_late():
    cursor = cursor_at(600)
    lines = [event(at(650), "a"), event(at(620), "b")]
    assert cursor.admit(lines, at(650)) == [(lines[0], False), (lines[1], False)]
    assert cursor.newest == at(650)


@pytest.mark.parametrize(("ahead", "newest"), [(FUTURE, at(600) + FUTURE), (FUTURE + TICK, at(600))])
def test_a_line_is_the_newest_up_to_five_seconds_ahead(ahead, newest):
    cursor = cursor_at(600)
    stamped = event(at(600) + ahead, "ahead")
    assert cursor.admit([stamped], at(600)) == [(stamped, False)]
    assert cursor.newest == newest


def test_a_window_begins_behind_the_clock_when_the_newest_line_is_ahead_of_it():
    cursor = cursor_at(604)
    assert cursor.near(at(600)) == Window(at(600) - OVERLAP)


def test_nothing_older_than_the_start_is_asked_for_or_shown():
    cursor = Cursor(START)
    assert cursor.window(at(1)) == Window(START)
    assert cursor.start == cursor.newest == START
    first = event(START, "first")
    assert cursor.admit([event(START - TICK, "before"), first], at(1)) == [(first, False)]
    assert cursor.remembered == 1


def test_what_is_forgotten_is_not_shown_again():
    cursor = cursor_at(600)
    oldest = event(at(600) - KEPT, "oldest")
    assert cursor.admit([event(at(600) - KEPT - TICK, "older"), oldest], at(600)) == [(oldest, True)]
    assert cursor.remembered == 2
    cursor.admit([event(at(601), "next")], at(601))
    assert cursor.remembered == 2  # the oldest has gone
    assert cursor.admit([oldest], at(601)) == []


def test_ids_are_kept_as_long_as_the_newest_line_says_and_never_shorter_again():
    cursor = cursor_at(600)
    cursor.admit([], at(900))
    assert cursor.remembered == 1
    assert cursor.admit([event(at(600), "newest")], at(600)) == []


def test_a_silent_log_is_asked_about_five_minutes_before_the_last_sweep():
    cursor = cursor_at(600)
    cursor.swept(at(4000))
    assert cursor.near(at(4001)) == Window(at(4000) - QUIET)
    assert cursor.window(at(4001)) == Window(at(4000) - QUIET)


def test_what_lies_behind_ends_where_what_is_near_begins():
    cursor = cursor_at(600)
    assert cursor.behind(DEEP, at(600)) == Window(at(600) - DEEP, at(600) - OVERLAP)


def test_after_an_outage_of_an_hour_the_rest_is_a_gap():
    cursor = cursor_at(600)
    assert Cursor(START).skip_to(at(100_000)) is None
    assert cursor.skip_to(at(600) + CATCH_UP) is None
    assert not cursor.is_far_behind(at(600) + CATCH_UP)
    now = at(600) + CATCH_UP + TICK
    assert cursor.is_far_behind(now)
    assert cursor.skip_to(now) == LogGap(at(600), at(600) + TICK)
    assert (cursor.start, cursor.newest) == (at(600) + TICK, at(600) + TICK)
    assert cursor.skip_to(now) is None
    assert cursor.window(now) == Window(at(600) + TICK)


def test_a_start_that_a_fast_clock_gave_is_moved_back():
    cursor = Cursor(START)
    cursor.start_earlier(timedelta(seconds=30))
    assert (cursor.start, cursor.newest) == (at(-30), at(-30))
    early = event(at(-30), "early")
    assert cursor.admit([early, event(at(-31), "too early")], START) == [(early, False)]
    # Once lines were shown, the newest of them stays the newest.
    cursor.start_earlier(timedelta(seconds=120))
    assert (cursor.start, cursor.newest) == (at(-150), at(-30))
    earlier = event(at(-150), "earlier")
    assert cursor.admit([earlier], START) == [(earlier, True)]
