"""Following a log on a fake clock: when CloudWatch is asked, and what is done when it does not answer."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from statistics import quantiles

import pytest

from fakes.clock import NOON
from fakes.log_lines import request
from fakes.logs import FakeLogSource, InterruptedClock, event, messages
from hybridctl.domain.logs.filter import make_filter
from hybridctl.errors import (
    AwsRefused,
    CredentialsExpired,
    HybridctlError,
    LogPagesLost,
    LogsThrottled,
    LogsUnreachable,
)
from hybridctl.operations.log_follow import follow
from operations.test_logs import EVERYTHING, at


def follow_until_interrupted(source, wanted=EVERYTHING, start=NOON):
    batches, notes = [], []
    with pytest.raises(KeyboardInterrupt):
        follow(source, source.clock, start, wanted, heard=batches.append, noted=notes.append)
    return [line for batch in batches for line in batch], notes


def test_a_silent_log_is_polled_calmly():
    source = FakeLogSource(InterruptedClock(lasts=60))
    assert follow_until_interrupted(source) == ([], [])
    assert 55 <= len(source.calls) <= 62
    assert min(later - one for one, later in zip(source.calls, source.calls[1:], strict=False)) > 0.5


def test_lines_are_shown_once_in_the_order_they_become_readable_and_late_ones_are_marked():
    source = FakeLogSource(InterruptedClock(lasts=40), page_size=7)
    source.add(*(event(at(index / 4), f"line {index}", lag=0.4) for index in range(100)))
    source.add(event(at(5), "eight seconds late", lag=8), event(at(5), "twenty", lag=20))
    lines, _ = follow_until_interrupted(source)
    assert len(lines) == len({line.event.id for line in lines}) == 102
    assert {line.event.message for line in lines if line.late} == {"eight seconds late", "twenty"}


def test_never_more_than_two_calls_in_any_second_also_while_paging():
    source = FakeLogSource(InterruptedClock(lasts=60), page_size=2)
    source.add(*(event(at(index / 3), f"line {index}") for index in range(150)))
    follow_until_interrupted(source)
    assert max(sum(start <= call < start + 1 for call in source.calls) for start in source.calls) <= 2


def test_the_newest_lines_of_a_busy_log_do_not_wait_for_what_lies_behind_them_and_none_is_missed():
    """Five seconds of it fill a page, so that a minute takes twelve calls."""
    source = FakeLogSource(InterruptedClock(lasts=150), page_size=100)
    source.add(*(event(at(index / 20), f"line {index}", lag=0.4) for index in range(20 * 120)))
    source.add(*(event(at(second), f"late by {second}", lag=second) for second in range(3, 31)))
    delays = {}

    def take_lines(lines):
        delays.update({line.event.message: source.clock.monotonic() - readable(line.event) for line in lines})

    with pytest.raises(KeyboardInterrupt):
        follow(source, source.clock, NOON, EVERYTHING, heard=take_lines, noted=lambda _: None)
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
    lines, _ = follow_until_interrupted(source)
    assert len(lines) == len(source.events)
    newest = [call for call, window in zip(source.calls, source.windows, strict=True) if window.end is None]
    assert sum(call > 200 for call in newest) <= 101


def test_throttling_slows_following_down_to_eight_seconds_and_it_recovers():
    source = FakeLogSource(InterruptedClock(lasts=90), troubles=[None] * 3 + [LogsThrottled("asked too often")] * 8)
    source.add(*(event(at(index / 2), f"line {index}") for index in range(120)))
    lines, notes = follow_until_interrupted(source)
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
    lines, notes = follow_until_interrupted(source)
    assert len(lines) == len({line.event.id for line in lines}) == 100
    assert "expired (aws sso login): trying again" in notes


def test_a_group_that_is_not_there_yet_is_waited_for_with_one_note():
    source = FakeLogSource(InterruptedClock(lasts=60), exists_from=at(20))
    source.add(event(at(25), "first"))
    lines, notes = follow_until_interrupted(source)
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
    lines, notes = follow_until_interrupted(source)
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
    lines, notes = follow_until_interrupted(source)
    assert messages(lines) == ["just now"]
    gap = next(note for note in notes if note.startswith("gap: 12:00:10 to 14:00:"))
    assert "hybridctl logs --since 2026-03-01T12:00:10Z --until 2026-03-01T14:00:" in gap


def test_after_minutes_of_sleep_nothing_is_missed_not_even_what_came_late():
    clock = Suspended(lasts=660)
    clock.closed_for = timedelta(minutes=10)
    source = FakeLogSource(clock).add(event(at(1), "late", lag=20))
    source.add(*(event(at(index), f"line {index}") for index in range(640)))
    lines, _ = follow_until_interrupted(source)
    assert len(lines) == len({line.event.id for line in lines}) == 641


def test_after_an_outage_of_hours_everything_is_shown_and_no_gap_is_claimed():
    """Each call gets no answer for two hours, so that the first answered one asks for the two hours."""
    source = ClosedLogSource(InterruptedClock(lasts=7300), closed=(20.0, 7220.0), refusal=LogsUnreachable("no route"))
    source.add(*(event(at(10 * index), f"line {index}") for index in range(725)))
    lines, notes = follow_until_interrupted(source)
    assert len(lines) == len(set(messages(lines))) == 725
    assert not [note for note in notes if note.startswith("gap")]


@dataclass
class SetClock(InterruptedClock):
    """A machine's clock that is set after ten seconds. Sleeping and CloudWatch go by the right time."""

    by: timedelta = timedelta()

    @property
    def ahead(self):
        return self.by if self.monotonic() > 10 else timedelta()

    def now(self):
        return super().now() + self.ahead


class PunctualLogSource(FakeLogSource):
    """CloudWatch's time is right, whatever this machine's clock says."""

    def page(self, window, **options):
        self.server_ahead = -self.clock.ahead
        return super().page(window, **options)


@pytest.mark.parametrize("hours", [-3, -0.5, 0.5, 3])
def test_a_clock_that_is_set_while_following_hides_nothing(hours):
    source = PunctualLogSource(SetClock(lasts=60, by=timedelta(hours=hours)))
    source.add(*(event(at(index), f"line {index}") for index in range(50)))
    lines, notes = follow_until_interrupted(source)
    assert messages(lines) == [f"line {index}" for index in range(50)]
    assert not [note for note in notes if note.startswith("gap")]


def test_a_clock_that_is_ahead_of_cloudwatch_hides_nothing():
    source = FakeLogSource(InterruptedClock(lasts=60), server_ahead=timedelta(seconds=-240))
    source.add(*(event(at(index - 240), f"line {index}", lag=0.5) for index in range(50)))
    lines, notes = follow_until_interrupted(source, start=at(-5))
    assert messages(lines) == [f"line {index}" for index in range(50)]
    assert "ahead of CloudWatch's" in notes[0]


def test_a_filter_is_sent_to_the_service_and_kept_here_too():
    source = FakeLogSource(InterruptedClock(lasts=5))
    source.add(event(at(1), "has the word"), event(at(1), "has not"))
    lines, _ = follow_until_interrupted(source, wanted=make_filter(grep="the word"))
    assert messages(lines) == ["has the word"]
    assert set(source.patterns) == {"%the.word%"}


def test_lines_of_other_levels_are_not_shown_while_following():
    source = FakeLogSource(InterruptedClock(lasts=5)).add(*request(at(1), 1), *request(at(2), 2, status=500))
    lines, _ = follow_until_interrupted(source, wanted=make_filter(level="error"))
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
    follow_until_interrupted(source)
    latest = [call + source.takes for call in source.calls]
    assert len(latest) > 20
    assert all(third - first >= 1.0 for first, third in zip(latest, source.calls[2:], strict=False))


@pytest.mark.parametrize("seconds", [12, 16, 60, 64])  # also such that the last refusal comes just before the end
@pytest.mark.parametrize("refusal", [LogsThrottled("throttled"), LogsUnreachable("500"), CredentialsExpired("expired")])
def test_after_an_outage_the_usual_pace_is_back_within_ten_seconds(seconds, refusal):
    source = ClosedLogSource(InterruptedClock(lasts=seconds + 60), closed=(20.0, 20.0 + seconds), refusal=refusal)
    source.add(*(event(at(index / 2), f"line {index}", lag=0.3) for index in range(2 * (seconds + 45))))
    lines, _ = follow_until_interrupted(source)
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
    lines, _ = follow_until_interrupted(source)
    missed = {one.message for one in source.events} - set(messages(lines))
    assert missed == set()
    assert len(lines) == len(source.events)
