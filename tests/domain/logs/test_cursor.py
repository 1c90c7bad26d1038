"""Following a log: each line exactly once, however late and out of order it becomes readable."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.logs import event
from hybridctl.domain.logs.cursor import CATCH_UP, FUTURE, KEPT, Cursor

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEPT_PROMISE = 30.0  # seconds: the deepest sweep, less the time until it comes round again


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def follow_polls(events, polls, *, start=START):
    """The ids shown by sweeps at these times."""
    cursor = Cursor(start)
    shown = []
    for moment in polls:
        now = at(moment)
        window = cursor.window(now)
        readable = sorted(
            (one for one in events if one.ingested <= now and one.time >= window.start), key=lambda one: one.time
        )
        shown += [one.id for one, _ in cursor.admit(readable, now)]
        cursor.swept(now)
    return shown, cursor


# Times in whole 250 ms, so that many share one; some become readable much later than their neighbours.
lines = st.lists(
    st.tuples(st.integers(0, 240), st.one_of(st.floats(0, 1.5), st.floats(0, KEPT_PROMISE))), min_size=1, max_size=60
)


@settings(max_examples=150, deadline=None)
@given(lines)
def test_each_line_is_shown_exactly_once_in_whatever_order_lines_become_readable(made):
    events = [event(at(quarter / 4), f"{index}", lag=lag) for index, (quarter, lag) in enumerate(made)]
    shown, _ = follow_polls(events, range(150))
    assert sorted(shown) == sorted(one.id for one in events)


@settings(max_examples=60, deadline=None)
@given(lines, st.lists(st.integers(0, 100), max_size=40, unique=True))
def test_polls_that_do_not_happen_lose_nothing(made, missing):
    events = [event(at(quarter / 4), f"{index}", lag=min(lag, 6)) for index, (quarter, lag) in enumerate(made)]
    shown, _ = follow_polls(events, [moment for moment in range(200) if moment not in missing])
    assert sorted(shown) == sorted(one.id for one in events)


def test_siblings_of_one_millisecond_that_become_readable_later_are_shown():
    events = [event(at(5), "first"), event(at(5), "second", lag=6.5), event(at(12), "third")]
    shown, _ = follow_polls(events, range(30))
    assert sorted(shown) == sorted(one.id for one in events)


def test_memory_is_bounded_by_the_deepest_window():
    events = [event(at(second + part / 50), f"{second}.{part}") for second in range(300) for part in range(50)]
    shown, cursor = follow_polls(events, range(300))
    assert len(shown) >= 50 * 299
    assert len(shown) == len(set(shown))
    assert cursor.remembered <= 50 * (KEPT.total_seconds() + 1)


def test_a_line_is_late_when_a_younger_one_was_shown_before():
    cursor = Cursor(START)
    assert [late for _, late in cursor.admit([event(at(1)), event(at(9))], at(10))] == [False, False]
    assert [late for _, late in cursor.admit([event(at(2), "late"), event(at(9.5))], at(11))] == [True, False]


def test_a_line_stamped_in_the_future_does_not_drag_the_windows_along():
    cursor = Cursor(START)
    cursor.admit([event(at(3600), "wrong clock"), event(at(1), "right clock")], at(2))
    cursor.swept(at(2))
    assert cursor.newest == at(1)
    assert [late for _, late in cursor.admit([event(at(1.5), "next")], at(3))] == [False]
    assert cursor.window(at(3)).start <= at(1)


def test_a_line_that_is_as_late_as_lines_ordinarily_are_is_in_the_very_next_poll():
    cursor = Cursor(START)
    for second in range(1, 30):
        now = at(60 + second)
        window = cursor.window(now)
        assert second == 1 or window.start <= cursor.newest - timedelta(seconds=1.9)
        cursor.admit([event(now, str(second))], now)
        cursor.swept(now)


def test_a_busy_log_whose_clock_is_ahead_is_shown_once_also_where_the_deepest_window_reaches():
    events = [event(at(10 + part / 50), str(part)) for part in range(50 * 90)]
    cursor = Cursor(START)
    shown = []
    for second in range(10, 101):
        now = at(second) - FUTURE
        cursor.reach_far()
        window = cursor.window(now)
        shown += cursor.admit([one for one in events if window.start <= one.time <= at(second)], now)
    assert len(shown) == len(events)


def test_a_clock_that_is_a_little_behind_does_not_stop_the_windows():
    cursor = Cursor(START)
    for second in range(100):
        cursor.admit([event(at(second + 1.9), str(second))], at(second))
        cursor.swept(at(second))
    assert cursor.window(at(100)).start > at(35)


@pytest.mark.parametrize(("late", "every"), [(4, 3), (8, 5), (14, 8)])
def test_lines_that_come_late_make_some_sweeps_reach_as_far_back_the_further_the_less_often(late, every):
    cursor = Cursor(START)
    cursor.window(at(3))  # the first one reaches far
    cursor.swept(at(3))
    cursor.admit([event(at(20), "on time")], at(20))
    cursor.swept(at(20))
    cursor.admit([event(at(20 - late), "late")], at(21))
    reached = []
    for _ in range(2 * every):  # none of them one of the deepest
        reached.append(at(20) - cursor.window(at(22)).start)
        cursor.swept(at(22))
    assert sum(reach >= timedelta(seconds=late) for reach in reached) == 2
    assert min(reached) < timedelta(seconds=3)


def test_what_lies_too_far_back_after_an_outage_is_named_as_a_gap():
    cursor = Cursor(START)
    cursor.window(START)
    cursor.swept(at(1))
    assert cursor.skip_to(at(600)) is None
    gap = cursor.skip_to(at(3 * 3600))
    assert gap is not None
    assert (gap.start, gap.end) == (at(1), at(3 * 3600) - CATCH_UP)
    assert cursor.window(at(3 * 3600)).start == gap.end


def test_a_start_far_in_the_past_is_read_from_there():
    long_ago = START - timedelta(days=2)
    assert Cursor(long_ago).window(START).start == long_ago
