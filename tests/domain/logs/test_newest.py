"""What `--limit` counts, whichever way the log is read."""

from datetime import UTC, datetime, timedelta

import pytest

from fakes.log_lines import request
from fakes.logs import STREAM, event
from hybridctl.domain.logs.events import LineKind, LogEvent, understand
from hybridctl.domain.logs.newest import Newest

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
METRIC = '{"_aws": {"CloudWatchMetrics": []}, "SessionsCreated": 1}'


def wordy(number: int, stream: str = STREAM) -> list[LogEvent]:
    """A request that prints a line and a metric before Lambda reports it."""
    at = NOON + timedelta(seconds=number)
    start, line, end, report = request(at, number, stream=stream)
    more = [
        event(at + timedelta(milliseconds=6), "printed", key=f"{number}.6", stream=stream),
        event(at + timedelta(milliseconds=12), METRIC, key=f"{number}.m", stream=stream),
    ]
    return [start, more[0], line, more[1], end, report]


def keep_newest(events: list[LogEvent], limit: int, *, backwards: bool) -> list[LogEvent]:
    newest = Newest(limit, folded=True)
    for each in reversed(events) if backwards else events:
        line = understand(each)
        if not backwards:
            newest.add_newer(line)
        elif not newest.add_older(line):
            break
    return [line.event for line in newest.lines()]


@pytest.mark.parametrize("backwards", [True, False])
def test_a_request_is_kept_whole_with_all_that_it_wrote(backwards):
    events = [each for number in range(4) for each in wordy(number)]
    assert keep_newest(events, 2, backwards=backwards) == events[-12:]


def test_requests_of_two_environments_are_distinguished():
    one, other = wordy(1), wordy(1, stream="other")
    other = [
        LogEvent(f"o{e.id}", e.time, e.ingested, e.stream, e.message.replace("00000001", "0000000a")) for e in other
    ]
    mixed = [each for pair in zip(one, other, strict=True) for each in pair]
    assert keep_newest(mixed, 2, backwards=True) == mixed


def test_a_line_outside_of_any_request_counts_by_itself():
    alone = event(NOON + timedelta(seconds=9), "between requests", key="x", stream=STREAM)
    events = [*wordy(1), *wordy(2), alone]
    found = keep_newest(events, 2, backwards=True)
    assert found == events[-7:]
    assert understand(found[0]).kind is LineKind.START
