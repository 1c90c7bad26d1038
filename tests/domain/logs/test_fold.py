"""One entry for a request, and lines that belong together kept together."""

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.clock import NOON
from fakes.log_lines import request, request_id
from fakes.logs import STREAM, event
from hybridctl.domain.logs.events import LineKind, understand
from hybridctl.domain.logs.fold import Fold, RequestEntry, TextEntry

OTHER = STREAM.replace("0", "f")


def fold_all(events, fold=None):
    fold = fold or Fold()
    entries = [entry for one in events for entry in fold.feed(understand(one))]
    return entries + fold.finish()


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def test_the_four_lines_of_a_request_are_one_entry():
    (entry,) = fold_all(request(NOON, 1, init=310.5, cold_start=True))
    assert isinstance(entry, RequestEntry)
    assert entry.line.fields["route"] == "GET /health"
    assert entry.report.fields == {
        "duration_ms": 12.34,
        "billed_ms": 13.0,
        "memory_size_mb": 512.0,
        "memory_used_mb": 85.0,
        "init_ms": 310.5,
    }


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_request_is_one_entry_in_whatever_order_its_lines_of_one_millisecond_come(order: random.Random):
    lines = [event(NOON, one.message, key=one.id) for number in range(3) for one in request(NOON, number)]
    order.shuffle(lines)
    entries = fold_all(lines)
    assert sorted(entry.line.request_id for entry in entries) == [request_id(number) for number in range(3)]
    assert all(entry.is_complete for entry in entries)


def test_requests_that_overlap_stay_in_the_order_of_their_lines():
    slow, quick = request(NOON, 1), request(after(0.001), 2, stream=OTHER)
    events = sorted([*slow, *quick], key=lambda one: one.time)
    assert [entry.line.request_id for entry in fold_all(events)] == [request_id(1), request_id(2)]


def test_a_poll_shows_a_request_without_its_report_and_the_report_that_comes_adds_nothing():
    fold = Fold()
    start, line, end, report = map(understand, request(NOON, 1))
    assert fold.feed(start) == []
    assert fold.feed(line) == []
    assert [entry.line for entry in fold.settle()] == [line]
    assert fold.feed(end) == []
    assert fold.feed(report) == []
    assert fold.settle() == []


def test_a_report_of_a_fault_is_shown_although_its_request_was():
    fold = Fold()
    start, line, _, report = request(NOON, 1)
    fold.feed(understand(start))
    fold.feed(understand(line))
    assert len(fold.settle()) == 1
    fold.feed(understand(event(report.time, report.message + "Status: timeout")))
    (entry,) = fold.settle()
    assert entry.report.fields["fault"] == "timeout"


def test_a_request_without_a_line_of_its_own_is_known_by_its_report():
    start, _, end, report = request(NOON, 1)
    (entry,) = fold_all([start, end, report])
    assert entry.line.kind is LineKind.REPORT
    assert entry.start.version == "7"


def test_a_request_that_only_began_is_shown_at_the_end_of_a_search():
    (entry,) = fold_all(request(NOON, 1)[:1])
    assert entry.line.kind is LineKind.START


def test_a_request_line_waits_two_seconds_of_log_time_at_most():
    fold = Fold()
    fold.feed(understand(request(NOON, 1)[1]))
    ready = fold.feed(understand(event(after(3), "later")))
    assert [entry.line.request_id for entry in ready] == [request_id(1)]


def test_without_reports_to_come_nothing_waits_for_them():
    assert len(Fold(reports=False).feed(understand(request(NOON, 1)[1]))) == 1


TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/var/task/backend/entry.py", line 1, in handle',
    "    raise ValueError('no')",
    "ValueError: no",
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    "Traceback (most recent call last):",
    '  File "/var/task/backend/entry.py", line 2, in handle',
    "KeyError: 'yes'",
]


def test_the_lines_of_a_traceback_are_one_entry_although_another_stream_writes_in_between():
    events = []
    for index, text in enumerate(TRACEBACK):
        events.append(event(after(index / 1000), text, key=f"t{index}"))
        events.append(event(after(index / 1000), f"note {index}", key=f"n{index}", stream=OTHER))
    entries = fold_all([*events, event(after(1), "something else")])
    (traceback,) = [entry for entry in entries if isinstance(entry, TextEntry) and len(entry.lines) > 1]
    assert [line.event.message for line in traceback.lines] == TRACEBACK
    assert len(entries) == 1 + len(TRACEBACK) + 1


def test_separate_lines_stay_separate():
    assert len(fold_all([event(after(second), f"line {second}") for second in range(3)])) == 3


def test_what_is_remembered_is_bounded():
    fold = Fold()
    for number in range(20_000):
        start, line, *_ = request(after(number), number)
        fold.feed(understand(start))
        if number % 2:
            fold.feed(understand(line))
        fold.settle()
    assert max(len(fold._started), len(fold._shown), len(fold._requests), len(fold._texts)) <= 4096
