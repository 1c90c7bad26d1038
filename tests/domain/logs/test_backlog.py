"""The older lines of a busy log: read in time, page by page, until the log is calm again."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from fakes.logs import event
from hybridctl.domain.logs.backlog import Backlog
from hybridctl.domain.logs.cursor import Cursor
from hybridctl.domain.logs.events import LogPage

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def pass_sweeps(behind: Backlog, cursor: Cursor, seconds: range, *, page: float) -> dict[int, list[float]]:
    """At which ages each second of the log was read, a poll each second and so many seconds of the log a page."""
    ages: dict[int, list[float]] = defaultdict(list)
    reached: datetime | None = None
    for second in seconds:
        now = at(second)
        cursor.admit([event(now, str(second))], now)
        while (due := behind.next_page(now)) is not None:
            window, token = due
            start = reached if token and reached else window.start
            reached = min(start + timedelta(seconds=page), window.end or now)
            for one in range(int((start - START).total_seconds()), int((reached - START).total_seconds())):
                ages[one].append(second - one)
            behind.took(LogPage([event(reached)], None if reached == window.end else f"{reached}"))
    return ages


def test_every_second_is_passed_twice_before_it_is_a_minute_old_the_last_time_late():
    cursor = Cursor(at(-120))
    behind = Backlog(cursor)
    behind.swept(12)
    ages = pass_sweeps(behind, cursor, range(400), page=5)
    for second in range(100, 300):
        assert len(ages[second]) >= 2
        assert 40 <= max(ages[second]) <= 61


def test_a_log_of_few_pages_is_not_busy_and_one_sweep_of_few_pages_ends_it():
    cursor = Cursor(START)
    behind = Backlog(cursor)
    behind.swept(2)
    assert not behind.is_needed
    behind.swept(3)
    assert behind.is_needed
    pass_sweeps(behind, cursor, range(100), page=40)
    assert not behind.is_needed


def test_a_sweep_that_is_given_up_begins_again_from_as_far_back():
    cursor = Cursor(START)
    behind = Backlog(cursor)
    cursor.admit([event(at(100))], at(100))
    behind.swept(12)
    first = behind.next_page(at(100))
    behind.took(LogPage([event(at(45))], "t1"))
    assert first is not None
    assert behind.next_page(at(110)) == (first[0], "t1")
    behind.begin_again()
    behind.took(LogPage([], None))  # the page that was being read meanwhile
    assert behind.next_page(at(110)) == first
    assert behind.is_needed
