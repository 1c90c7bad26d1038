"""Search and follow on a fake clock: what is asked when, and what is done when CloudWatch does not answer."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from statistics import quantiles

import pytest

from fakes.clock import NOON, FakeClock
from fakes.log_lines import request
from fakes.logs import FakeLogSource, InterruptedClock, event, messages
from hybridctl.domain.logs.events import LogPage
from hybridctl.domain.logs.filter import make_filter
from hybridctl.domain.logs.moments import Window
from hybridctl.errors import (
    AwsRefused,
    CredentialsExpired,
    HybridctlError,
    LogPagesLost,
    LogsThrottled,
    LogsUnreachable,
    NotDeployed,
)
from hybridctl.operations.log_follow import follow
from hybridctl.operations.logs import search

HOUR = Window(NOON - timedelta(hours=1))
EVERYTHING = make_filter()


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def searched(source, window=HOUR, wanted=EVERYTHING, **options):
    batches, notes = [], []
    search(source, source.clock, window, wanted, heard=batches.append, noted=notes.append, **options)
    return [line for batch in batches for line in batch], batches, notes


def followed(source, wanted=EVERYTHING, start=NOON):
    batches, notes = [], []
    with pytest.raises(KeyboardInterrupt):
        follow(source, source.clock, start, wanted, heard=batches.append, noted=notes.append)
    return [line for batch in batches for line in batch], notes


def past(count, clock=None, **options):
    source = FakeLogSource(clock or FakeClock(), **options)
    return source.add(*(event(at(index - count), f"line {index}") for index in range(count)))


def test_a_search_reads_all_pages_also_short_and_empty_ones_and_hands_each_over():
    lines, batches, _ = searched(past(250, page_size=40, empty_pages=3))
    assert messages(lines) == [f"line {index}" for index in range(250)]
    assert max(len(batch) for batch in batches) == 40


def test_a_search_waits_for_nothing_until_it_is_refused():
    source = past(200, page_size=1)
    searched(source)
    assert source.clock.slept == []


@pytest.mark.parametrize("quota", [5, 10, 20])
def test_a_search_fits_itself_to_a_quota_it_does_not_know(quota):
    source = past(200, page_size=1, quota=quota, takes=0.05)
    lines, _, _ = searched(source)
    assert messages(lines) == [f"line {index}" for index in range(200)]
    assert source.refused < 200 / 4
    assert source.clock.monotonic() < 3 * 200 / quota


def test_a_connection_that_breaks_sometimes_does_not_make_a_search_ask_less_often():
    source = past(200, page_size=1, takes=0.05, troubles=[*[None] * 9, LogsUnreachable("reset")] * 10)
    searched(source)
    assert source.clock.monotonic() == pytest.approx(200 * 0.05 + 10 * 0.2, rel=0.1)


def test_the_next_page_is_on_its_way_while_one_is_worked_on_and_no_more_than_that():
    source = past(100, page_size=10)
    asked_for = []

    def heard(lines):
        deadline = time.monotonic() + 5
        while len(source.calls) < min(10, len(asked_for) + 2) and time.monotonic() < deadline:
            time.sleep(0.001)
        asked_for.append(len(source.calls))

    search(source, source.clock, HOUR, EVERYTHING, heard=heard, noted=lambda _: None)
    assert asked_for == [2, 3, 4, 5, 6, 7, 8, 9, 10, 10]


def test_what_ends_the_reading_of_a_page_ends_the_search_where_it_was_read_ahead_too():
    source = past(100, page_size=10, troubles=[None, None, AwsRefused("access denied")])
    batches = []
    with pytest.raises(AwsRefused, match="access denied"):
        search(source, source.clock, HOUR, EVERYTHING, heard=batches.append, noted=lambda _: None)
    assert sum(map(len, batches)) == 20


@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize("page_size", [3, 1000])
def test_a_limit_keeps_the_newest_oldest_first_whichever_way_the_service_reads(backwards, page_size):
    source = past(100, reads_backwards=backwards, page_size=page_size)
    lines, _, _ = searched(source, limit=10)
    assert messages(lines) == [f"line {index}" for index in range(90, 100)]


def test_a_limit_reads_no_more_than_it_needs_where_the_service_reads_backwards():
    source = past(1000, page_size=50)
    searched(source, limit=10)
    assert source.sent == 50


@pytest.mark.parametrize("backwards", [True, False])
def test_a_limit_counts_a_request_once_when_it_is_folded_and_each_event_when_not(backwards):
    source = FakeLogSource(FakeClock(), reads_backwards=backwards)
    for number in range(20):
        source.add(*request(at(number - 100), number))
    folded, _, _ = searched(source, limit=5)
    assert len({line.request_id for line in folded}) == 5
    assert len(folded) == 20
    assert len(searched(source, limit=5, folded=False)[0]) == 5


def test_a_limit_with_a_level_still_knows_which_lines_belong_to_a_traceback():
    source = FakeLogSource(FakeClock())
    texts = ["Traceback (most recent call last):", "  File x", "Oops", "fine"]
    source.add(*(event(at(index - 9), text) for index, text in enumerate(texts)))
    lines, _, _ = searched(source, wanted=make_filter(level="error"), limit=5)
    assert messages(lines) == texts[:3]


def test_a_search_that_is_throttled_slows_down_says_so_once_and_loses_nothing():
    source = past(100, page_size=10, troubles=[None, None, *[LogsThrottled("asked too often")] * 5])
    lines, _, notes = searched(source)
    assert messages(lines) == [f"line {index}" for index in range(100)]
    assert notes == ["asked too often: slowing down", "CloudWatch answers again; back to the normal rate"]


def test_a_search_gives_up_on_a_service_that_does_not_answer():
    source = past(1, troubles=[LogsUnreachable("no answer")] * 50)
    with pytest.raises(LogsUnreachable):
        searched(source)
    assert source.clock.monotonic() < 60


def test_a_search_says_at_once_that_the_credentials_have_expired():
    source = past(1, troubles=[CredentialsExpired("expired", hint="aws sso login")] * 50)
    with pytest.raises(CredentialsExpired):
        searched(source)
    assert len(source.calls) == 1


def test_a_search_of_what_is_not_deployed_says_so():
    with pytest.raises(NotDeployed):
        searched(FakeLogSource(FakeClock(), exists_from=at(60)))


def test_a_silent_log_is_polled_calmly():
    source = FakeLogSource(InterruptedClock(lasts=60))
    assert followed(source) == ([], [])
    assert 55 <= len(source.calls) <= 62
    assert min(later - one for one, later in zip(source.calls, source.calls[1:], strict=False)) > 0.5


def test_lines_are_shown_once_in_the_order_they_become_readable_and_late_ones_are_marked():
    source = FakeLogSource(InterruptedClock(lasts=40), page_size=7)
    source.add(*(event(at(index / 4), f"line {index}", lag=0.4) for index in range(100)))
    source.add(event(at(5), "eight seconds late", lag=8), event(at(5), "twenty", lag=20))
    lines, _ = followed(source)
    assert len(lines) == len({line.event.id for line in lines}) == 102
    assert {line.event.message for line in lines if line.late} == {"eight seconds late", "twenty"}


def test_never_more_than_two_calls_in_any_second_also_while_paging():
    source = FakeLogSource(InterruptedClock(lasts=60), page_size=2)
    source.add(*(event(at(index / 3), f"line {index}") for index in range(150)))
    followed(source)
    assert max(sum(start <= call < start + 1 for call in source.calls) for start in source.calls) <= 2


def test_the_newest_lines_of_a_busy_log_do_not_wait_for_what_lies_behind_them_and_none_is_missed():
    """Five seconds of it fill a page, so that a minute takes twelve calls."""
    source = FakeLogSource(InterruptedClock(lasts=150), page_size=100)
    source.add(*(event(at(index / 20), f"line {index}", lag=0.4) for index in range(20 * 120)))
    source.add(*(event(at(second), f"late by {second}", lag=second) for second in range(3, 31)))
    delays = {}

    def heard(lines):
        delays.update({line.event.message: source.clock.monotonic() - readable(line.event) for line in lines})

    with pytest.raises(KeyboardInterrupt):
        follow(source, source.clock, NOON, EVERYTHING, heard=heard, noted=lambda _: None)
    assert len(delays) == len(source.events)
    punctual = [delay for message, delay in delays.items() if message.startswith("line")]
    assert max(punctual) <= 4  # once, before it is known to be busy
    assert quantiles(punctual, n=20)[-1] <= 1.6
    assert max(delays.values()) < 60
    assert source.sent <= 8 * len(source.events)
    assert len(source.calls) / 150 < 1.3
    assert max(sum(start <= call < start + 1 for call in source.calls) for start in source.calls) <= 2


def readable(event):
    return (event.ingested - NOON).total_seconds()


def test_a_log_that_is_no_longer_busy_is_asked_once_a_second_again():
    source = FakeLogSource(InterruptedClock(lasts=300), page_size=100)
    source.add(*(event(at(index / 20), f"line {index}") for index in range(20 * 60)))
    source.add(*(event(at(60 + index), f"calm {index}") for index in range(200)))
    lines, _ = followed(source)
    assert len(lines) == len(source.events)
    newest = [call for call, window in zip(source.calls, source.windows, strict=True) if window.end is None]
    assert sum(call > 200 for call in newest) <= 101


def test_throttling_slows_following_down_to_eight_seconds_and_it_recovers():
    source = FakeLogSource(InterruptedClock(lasts=90), troubles=[None] * 3 + [LogsThrottled("asked too often")] * 8)
    source.add(*(event(at(index / 2), f"line {index}") for index in range(120)))
    lines, notes = followed(source)
    assert len(lines) == 120
    gaps = [later - one for one, later in zip(source.calls, source.calls[1:], strict=False)]
    assert max(gaps) == pytest.approx(8.0)
    assert max(gaps[-10:]) <= 1.1
    assert notes[0] == "asked too often: slowing down"
    assert notes[-1] == "CloudWatch answers again; back to the normal rate"
    assert sum("no answer between" in note for note in notes) == 1


def test_following_outlasts_lost_connections_expired_credentials_and_lost_pages():
    troubles = [
        None,
        LogsUnreachable("connection reset"),
        None,
        CredentialsExpired("expired", hint="aws sso login"),
        CredentialsExpired("expired", hint="aws sso login"),
        None,
        None,
        LogPagesLost("token refused"),
    ]
    source = FakeLogSource(InterruptedClock(lasts=40), page_size=3, troubles=troubles)
    source.add(*(event(at(index / 4), f"line {index}", lag=0.3) for index in range(100)))
    lines, notes = followed(source)
    assert len(lines) == len({line.event.id for line in lines}) == 100
    assert "expired (aws sso login): trying again" in notes


def test_a_group_that_is_not_there_yet_is_waited_for_with_one_note():
    source = FakeLogSource(InterruptedClock(lasts=60), exists_from=at(20))
    source.add(event(at(25), "first"))
    lines, notes = followed(source)
    assert messages(lines) == ["first"]
    assert notes == [f"{source.group} does not exist yet: waiting for it", f"{source.group} now exists"]


def test_a_missing_permission_ends_following_with_its_reason():
    source = FakeLogSource(InterruptedClock(), troubles=[None, AwsRefused("access denied")])
    with pytest.raises(AwsRefused, match="access denied"):
        follow(source, source.clock, NOON, EVERYTHING, heard=lambda _: None, noted=lambda _: None)


def test_after_an_outage_what_became_readable_late_meanwhile_is_shown_too():
    outage = [LogsUnreachable("no answer")] * 20
    source = FakeLogSource(InterruptedClock(lasts=200), troubles=[None] * 12 + outage)
    source.add(event(at(1), "late", lag=20), *(event(at(index / 2), f"line {index}") for index in range(360)))
    lines, notes = followed(source)
    assert sum("catching up" in note for note in notes) == 1
    assert "late" in messages(lines)
    assert len(lines) == len({line.event.id for line in lines}) == 361


class Suspended(InterruptedClock):
    """A laptop whose lid is closed after ten seconds."""

    closed = False
    closed_for = timedelta(hours=3)

    def sleep(self, seconds):
        super().sleep(seconds)
        if not self.closed and self.monotonic() > 10:
            self.closed = True
            self.at += self.closed_for


def test_after_hours_of_sleep_the_gap_is_printed_with_the_command_that_shows_it():
    clock = Suspended(lasts=3 * 3600 + 60)
    source = FakeLogSource(clock)
    source.add(event(at(60), "an hour and more ago"), event(at(3 * 3600), "just now"))
    lines, notes = followed(source)
    assert messages(lines) == ["just now"]
    assert notes[0].startswith("gap: 12:00:10 to 14:00:")
    assert "hybridctl logs --since 2026-03-01T12:00:10Z --until 2026-03-01T14:00:" in notes[0]


def test_after_minutes_of_sleep_nothing_is_missed_not_even_what_came_late():
    clock = Suspended(lasts=660)
    clock.closed_for = timedelta(minutes=10)
    source = FakeLogSource(clock).add(event(at(1), "late", lag=20))
    source.add(*(event(at(index), f"line {index}") for index in range(640)))
    lines, _ = followed(source)
    assert len(lines) == len({line.event.id for line in lines}) == 641


def test_a_clock_that_is_ahead_of_cloudwatch_hides_nothing():
    source = FakeLogSource(InterruptedClock(lasts=60), server_ahead=timedelta(seconds=-240))
    source.add(*(event(at(index - 240), f"line {index}", lag=0.5) for index in range(50)))
    lines, notes = followed(source, start=at(-5))
    assert messages(lines) == [f"line {index}" for index in range(50)]
    assert "ahead of CloudWatch's" in notes[0]


def test_a_filter_is_sent_to_the_service_and_kept_here_too():
    source = FakeLogSource(InterruptedClock(lasts=5))
    source.add(event(at(1), "has the word"), event(at(1), "has not"))
    lines, _ = followed(source, wanted=make_filter(grep="the word"))
    assert messages(lines) == ["has the word"]
    assert set(source.patterns) == {"%the.word%"}


def test_a_token_that_repeats_itself_does_not_hold_the_search():
    class Stuck(FakeLogSource):
        def page(self, window, *, pattern=None, token=None, newest_first=False):
            super().page(window, pattern=pattern)
            return LogPage([], "same")

    source = Stuck(FakeClock())
    searched(source)
    assert len(source.calls) == 2


def test_lines_of_other_levels_are_not_shown_while_following():
    source = FakeLogSource(InterruptedClock(lasts=5)).add(*request(at(1), 1), *request(at(2), 2, status=500))
    lines, _ = followed(source, wanted=make_filter(level="error"))
    assert [line.fields["status"] for line in lines] == [500]


@dataclass
class SlowLogSource(FakeLogSource):
    """Each call takes half a second, and reaches CloudWatch at some time in it."""

    takes: float = 0.5

    def page(self, window, **options):
        page = super().page(window, **options)
        self.clock.at += timedelta(seconds=self.takes)
        return page


def test_no_three_calls_can_reach_cloudwatch_within_a_second_however_late_each_one_does():
    source = SlowLogSource(InterruptedClock(lasts=40), page_size=2)
    source.add(*(event(at(second / 4), f"line {second}") for second in range(120)))
    followed(source)
    latest = [call + source.takes for call in source.calls]
    assert len(latest) > 20
    assert all(third - first >= 1.0 for first, third in zip(latest, source.calls[2:], strict=False))


@pytest.mark.parametrize("seconds", [12, 16, 60, 64])  # also such that the last refusal comes just before the end
@pytest.mark.parametrize("refusal", [LogsThrottled("throttled"), LogsUnreachable("500"), CredentialsExpired("expired")])
def test_after_an_outage_the_usual_pace_is_back_within_ten_seconds(seconds, refusal):
    source = ClosedLogSource(InterruptedClock(lasts=seconds + 60), closed=(20.0, 20.0 + seconds), refusal=refusal)
    source.add(*(event(at(index / 2), f"line {index}", lag=0.3) for index in range(2 * (seconds + 45))))
    lines, _ = followed(source)
    assert len(lines) == len(set(messages(lines))) == len(source.events)
    again = [call for call in source.calls if call >= 20 + seconds]
    assert again[0] - (20 + seconds) <= 9
    settled = [call for call in again if call >= 20 + seconds + 10]
    assert all(later - earlier <= 1.1 for earlier, later in pairwise(settled))


@dataclass
class ClosedLogSource(FakeLogSource):
    """Answers nothing but a refusal between two times."""

    closed: tuple[float, float] = (0.0, 0.0)
    refusal: HybridctlError = field(default_factory=lambda: LogsThrottled("throttled"))

    def page(self, window, **options):
        if self.closed[0] <= self.clock.monotonic() < self.closed[1]:
            self.calls.append(self.clock.monotonic())
            raise self.refusal
        return super().page(window, **options)


@pytest.mark.parametrize("seconds", [4, 8, 12, 25, 60])
@pytest.mark.parametrize("began", [60.0, 68.0, 77.0])
def test_what_became_late_readable_around_an_outage_of_a_busy_log_is_shown_too(seconds, began):
    clock = InterruptedClock(lasts=began + seconds + 90)
    source = ClosedLogSource(clock, page_size=100, closed=(began, began + seconds))
    source.add(*(event(at(index / 20), f"line {index}", lag=0.4) for index in range(20 * 150)))
    source.add(*(event(at(second), f"late {second}", lag=30) for second in range(int(began) + seconds)))
    lines, _ = followed(source)
    missed = {one.message for one in source.events} - set(messages(lines))
    assert missed == set()
    assert len(lines) == len(source.events)
