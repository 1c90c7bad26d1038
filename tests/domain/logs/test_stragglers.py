"""Lines that become readable minutes late are shown once, or their possible loss is reported."""

from datetime import timedelta
from random import Random

import pytest

from fakes.clock import NOON
from fakes.logs import FakeLogSource, InterruptedClock, event, messages
from hybridctl.domain.logs.cursor import Cursor
from hybridctl.domain.logs.stragglers import FAR, Stragglers
from operations.test_log_follow import follow_until_interrupted
from operations.test_logs import at


def late(lags, *, lasts=None, rate=1, **options):
    """A log of so many lines a second, each with its lag in seconds."""
    source = FakeLogSource(InterruptedClock(lasts=lasts or len(lags) / rate + max(lags) + 130), **options)
    return source.add(*(event(at(number / rate), f"line {number}", lag=lag) for number, lag in enumerate(lags)))


@pytest.mark.parametrize("seconds", [40, 59, 61, 69, 71, 90, 150, 400, 880])
def test_a_line_that_is_minutes_late_is_shown_once_and_marked(seconds):
    lags = [0.0] * 200
    lags[20] = lags[50] = float(seconds)
    lines, _ = follow_until_interrupted(late(lags + [0.0] * (seconds + 200)))
    found = [line for line in lines if line.event.message in ("line 20", "line 50")]
    assert sorted((line.event.message, line.late) for line in found) == [("line 20", True), ("line 50", True)]


@pytest.mark.parametrize("seed", range(4))
def test_every_line_is_shown_exactly_once_however_late_up_to_the_window(seed):
    """A twentieth of them late by anything up to 13 minutes."""
    random = Random(seed)
    lags = [random.uniform(0, 780) if random.random() < 0.05 else random.uniform(0, 2) for _ in range(600)]
    source = late(lags, lasts=1600, page_size=100)
    source.add(*(event(at(600 + number), f"line {600 + number}") for number in range(900)))
    lines, notes = follow_until_interrupted(source)
    assert sorted(messages(lines)) == sorted(f"line {number}" for number in range(1500))
    assert any("late; later than 15 min, they are not shown" in note for note in notes) == (max(lags) > 450)


def test_a_line_too_late_to_be_found_follows_others_that_were_reported():
    """One line in ten is late, the further the later: a note says that lines may be lost, long before any is."""
    lags = [number * 1.2 if number % 10 == 0 else 0.0 for number in range(900)]
    _, notes = follow_until_interrupted(late(lags, lasts=1900))
    [first, *_] = [note for note in notes if "later than 15 min" in note]
    assert "hybridctl logs --since 1h" in first


@pytest.mark.parametrize(("lasts", "is_said"), [(600, False), (1500, True)])
def test_at_the_end_a_note_says_that_a_single_line_may_have_come_too_late(lasts, is_said):
    """Nothing of the kind was seen before, and no call is made for it."""
    lags = [0.0] * lasts
    lags[30] = 1300.0
    source = late(lags, lasts=lasts)
    lines, notes = follow_until_interrupted(source)
    assert "line 30" not in messages(lines)
    message = (
        "lines that arrived more than 15 min late were not shown; to see them: "
        "hybridctl logs --since 2026-03-01T12:00:00Z"
    )
    assert notes == ([message] if is_said else [])


def test_a_log_without_late_lines_is_asked_once_a_minute_more_and_nothing_is_reported():
    source = late([0.0] * 300)
    _, notes = follow_until_interrupted(source)
    far = [window for window in source.windows if window.end is not None]
    assert (len(far) <= 300 / 60 + 3, notes) == (True, [])
    assert all(window.start >= NOON for window in far), "nothing older than the start is looked for"


def test_a_log_that_is_too_busy_to_look_that_far_says_so_once():
    _, notes = follow_until_interrupted(late([0.0] * 6000, rate=50, page_size=100))
    assert [note for note in notes if "too many lines to check" in note] == [
        "too many lines to check for those more than 1 min late; hybridctl logs --since 15m shows them"
    ]


def test_only_the_ids_of_late_lines_are_kept_and_for_as_long_as_they_can_be_met_again():
    cursor = Cursor(NOON)
    stragglers = Stragglers(cursor)
    for number in range(4000):
        shown = [event(at(number), f"{number}", lag=45 if number % 10 == 0 else 1)]
        cursor.admit(shown, at(number))
        stragglers.saw(shown)
        if stragglers.next_page(at(number)):
            stragglers.begin_again(at(number))
    assert len(stragglers._met) <= (FAR + timedelta(minutes=4)).total_seconds() / 10
