"""A search on a fake clock: which pages are asked for, and what is done when CloudWatch does not answer."""

import time
from datetime import timedelta

import pytest

from fakes.clock import NOON, FakeClock
from fakes.log_lines import request
from fakes.logs import FakeLogSource, event, messages
from hybridctl.domain.logs.events import LogPage
from hybridctl.domain.logs.filter import make_filter
from hybridctl.domain.logs.moments import Window
from hybridctl.errors import (
    AwsRefused,
    CredentialsExpired,
    LogsThrottled,
    LogsUnreachable,
    NotDeployed,
)
from hybridctl.operations.logs import search

HOUR = Window(NOON - timedelta(hours=1))
EVERYTHING = make_filter()


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def search_all(source, window=HOUR, wanted=EVERYTHING, **options):
    batches, notes = [], []
    search(source, source.clock, window, wanted, heard=batches.append, noted=notes.append, **options)
    return [line for batch in batches for line in batch], batches, notes


def past(count, clock=None, **options):
    source = FakeLogSource(clock or FakeClock(), **options)
    return source.add(*(event(at(index - count), f"line {index}") for index in range(count)))


def test_a_search_reads_all_pages_also_short_and_empty_ones_and_hands_each_over():
    lines, batches, _ = search_all(past(250, page_size=40, empty_pages=3))
    assert messages(lines) == [f"line {index}" for index in range(250)]
    assert max(len(batch) for batch in batches) == 40


def test_a_search_waits_for_nothing_until_it_is_refused():
    source = past(200, page_size=1)
    search_all(source)
    assert source.clock.slept == []


@pytest.mark.parametrize("quota", [5, 10, 20])
def test_a_search_fits_itself_to_a_quota_it_does_not_know(quota):
    source = past(200, page_size=1, quota=quota, takes=0.05)
    lines, _, _ = search_all(source)
    assert messages(lines) == [f"line {index}" for index in range(200)]
    assert source.refused < 200 / 4
    assert source.clock.monotonic() < 3 * 200 / quota


def test_a_connection_that_breaks_sometimes_does_not_make_a_search_ask_less_often():
    source = past(200, page_size=1, takes=0.05, troubles=[*[None] * 9, LogsUnreachable("reset")] * 10)
    search_all(source)
    assert source.clock.monotonic() == pytest.approx(200 * 0.05 + 10 * 0.2, rel=0.1)


def test_the_next_page_is_on_its_way_while_one_is_worked_on_and_no_more_than_that():
    source = past(100, page_size=10)
    asked_for = []

    def take_lines(lines):
        deadline = time.monotonic() + 5
        while len(source.calls) < min(10, len(asked_for) + 2) and time.monotonic() < deadline:
            time.sleep(0.001)
        asked_for.append(len(source.calls))

    search(source, source.clock, HOUR, EVERYTHING, heard=take_lines, noted=lambda _: None)
    assert asked_for == [2, 3, 4, 5, 6, 7, 8, 9, 10, 10]


def test_what_ends_the_reading_of_a_page_ends_the_search_where_it_was_read_ahead_too():
    source = past(100, page_size=10, troubles=[None, None, AwsRefused("access denied")])
    batches = []
    with pytest.raises(AwsRefused, match="access denied"):
        search(source, source.clock, HOUR, EVERYTHING, heard=batches.append, noted=lambda _: None)
    assert sum(map(len, batches)) == 20


@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize("page_size", [3, 1000])
def test_a_limit_keeps_the_newest_oldest_first_however_the_service_reads(backwards, page_size):
    source = past(100, reads_backwards=backwards, page_size=page_size)
    lines, _, _ = search_all(source, limit=10)
    assert messages(lines) == [f"line {index}" for index in range(90, 100)]


def test_a_limit_reads_no_more_than_it_needs_where_the_service_reads_backwards():
    source = past(1000, page_size=50)
    search_all(source, limit=10)
    assert source.sent == 50


@pytest.mark.parametrize("backwards", [True, False])
def test_a_limit_counts_a_request_once_when_it_is_folded_and_each_event_when_not(backwards):
    source = FakeLogSource(FakeClock(), reads_backwards=backwards)
    for number in range(20):
        source.add(*request(at(number - 100), number))
    folded, _, _ = search_all(source, limit=5)
    assert len({line.request_id for line in folded}) == 5
    assert len(folded) == 20
    assert len(search_all(source, limit=5, folded=False)[0]) == 5


def test_a_limit_with_a_level_still_knows_which_lines_belong_to_a_traceback():
    source = FakeLogSource(FakeClock())
    texts = ["Traceback (most recent call last):", "  File x", "Oops", "fine"]
    source.add(*(event(at(index - 9), text) for index, text in enumerate(texts)))
    lines, _, _ = search_all(source, wanted=make_filter(level="error"), limit=5)
    assert messages(lines) == texts[:3]


def test_a_search_that_is_throttled_slows_down_says_so_once_and_loses_nothing():
    source = past(100, page_size=10, troubles=[None, None, *[LogsThrottled("asked too often")] * 5])
    lines, _, notes = search_all(source)
    assert messages(lines) == [f"line {index}" for index in range(100)]
    assert notes == ["asked too often: slowing down", "CloudWatch answers again; back to the normal rate"]


def test_a_search_gives_up_on_a_service_that_does_not_answer():
    source = past(1, troubles=[LogsUnreachable("no answer")] * 50)
    with pytest.raises(LogsUnreachable):
        search_all(source)
    assert source.clock.monotonic() < 60


def test_a_search_says_at_once_that_the_credentials_have_expired():
    source = past(1, troubles=[CredentialsExpired("expired", hint="aws sso login")] * 50)
    with pytest.raises(CredentialsExpired):
        search_all(source)
    assert len(source.calls) == 1


def test_a_search_of_what_is_not_deployed_says_so():
    with pytest.raises(NotDeployed):
        search_all(FakeLogSource(FakeClock(), exists_from=at(60)))


def test_a_token_that_repeats_itself_does_not_hold_the_search():
    class Stuck(FakeLogSource):
        def page(self, window, *, pattern=None, token=None, newest_first=False):
            super().page(window, pattern=pattern)
            return LogPage([], "same")

    source = Stuck(FakeClock())
    search_all(source)
    assert len(source.calls) == 2
