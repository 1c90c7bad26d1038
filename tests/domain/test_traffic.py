"""What each version answered, counted from log lines."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from hybridctl.domain import traffic
from hybridctl.domain.logs.events import LogEvent
from hybridctl.domain.samples import Sample
from hybridctl.domain.traffic import Tally

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(message: str, version: int = 3) -> LogEvent:
    return LogEvent(message, AT, AT, f"2026/03/01/[{version}]0123", message)


def line(request: str, status: int = 200, version: int = 3, ms: float = 4.0, **more: Any) -> LogEvent:
    fields = {"request_id": request, "version": str(version), "route": "GET /health", "status": status}
    return event(json.dumps({**fields, "duration_ms": ms, **more}), version)


def report(request: str, version: int = 3, ms: float = 5.0, more: str = "") -> LogEvent:
    return event(f"REPORT RequestId: {request}\tDuration: {ms:.2f} ms\tBilled Duration: 9 ms\t{more}", version)


def tally_all(*events: LogEvent, version: int = 3) -> Sample:
    tally = Tally()
    tally.hear(events)
    return tally.sample(version)


def test_a_request_is_counted_once_with_lambdas_own_duration():
    events = (line("a"), report("a", ms=7.0))
    assert tally_all(*events, *events) == Sample(3, 1, 0, 0, (7.0,))


def test_an_answer_of_5xx_is_an_error_and_one_of_4xx_is_not():
    found = tally_all(line("a"), line("b", 503), line("c", 404), line("d", 500))
    assert (found.requests, found.errors) == (4, 2)


def test_versions_are_distinguished():
    events = (line("a", version=2), line("b", 500), report("a", version=2), report("b"))
    assert tally_all(*events, version=2).errors == 0
    assert tally_all(*events, version=3).errors == 1


def test_an_invocation_that_left_no_line_ended_without_an_answer():
    assert tally_all(line("a"), report("a"), report("b")).errors == 1


def test_a_version_whose_log_level_hides_good_requests_is_not_blamed_for_it():
    found = tally_all(report("a"), report("b"), line("c", 500), report("c"))
    assert (found.requests, found.errors) == (3, 1)


def test_a_time_out_is_an_error():
    assert tally_all(report("a", more="Status: timeout")).errors == 1


def test_a_cold_start_is_counted_but_its_duration_is_not():
    found = tally_all(line("a"), report("a", ms=900.0, more="Init Duration: 300.00 ms"), line("b"), report("b"))
    assert (found.requests, found.cold_starts, found.warm_ms) == (2, 1, (5.0,))


def test_hybridctls_own_direct_invocations_are_not_traffic():
    assert tally_all(line("a", api_request_id="hybridctl-direct"), report("a")).requests == 0


def test_lines_that_say_nothing_of_requests_are_passed_over():
    assert tally_all(event("START RequestId: a Version: 3"), event("{broken"), event('{"_aws": {}}')) == Sample(3)


def test_a_line_without_the_number_of_a_version_is_passed_over():
    events = (line("a", version="$LATEST"), line("b", version=None))
    assert tally_all(*(one._replace(stream="2026/03/01/[]0123") for one in events)) == Sample(3)


def test_until_lambdas_report_comes_the_handlers_own_duration_counts():
    assert tally_all(line("a", ms=4.0)).warm_ms == (4.0,)


def test_an_environment_that_was_started_in_advance_is_not_cold():
    found = tally_all(line("a", cold_start=False), report("a", more="Init Duration: 300.00 ms"))
    assert (found.cold_starts, found.warm_ms) == (0, (5.0,))


def test_an_answer_of_4xx_does_not_show_that_a_version_writes_a_line_for_each_request():
    assert tally_all(line("a", 400), report("b")).errors == 0
    assert tally_all(line("a", 399), report("b")).errors == 1


def test_the_first_successful_request_changes_what_earlier_slices_say():
    tally = Tally()
    tally.hear([report("a")])
    assert tally.sample(3).errors == 0
    tally.hear([line("b")._replace(time=AT + timedelta(seconds=20))])
    assert tally.sample(3).errors == 1


def test_slices_hold_what_the_sample_holds_by_time_and_version():
    tally = Tally()
    later = [one._replace(time=AT + timedelta(seconds=20)) for one in (line("c", 503), line("d", version=2))]
    tally.hear([line("a"), line("b", 500, version=2), *later])
    found = [(old.requests, old.errors, new.requests, new.errors) for old, new in tally.slices(2, 3)]
    assert found == [(1, 1, 1, 0), (1, 0, 1, 1)]


def test_a_line_that_comes_later_stays_in_the_slice_of_its_request():
    tally = Tally()
    tally.hear([line("a"), report("a")._replace(time=AT + timedelta(seconds=20))])
    assert tally.slices(2, 3) == [(Sample(2), Sample(3, 1, 0, 0, (5.0,)))]


def test_a_slice_that_has_not_changed_is_the_same_object():
    tally = Tally()
    tally.hear([line("a"), line("b", 500, version=2)])
    before = tally.slices(2, 3)
    tally.hear([line("a"), line("c")._replace(time=AT + timedelta(seconds=20))])
    after = tally.slices(2, 3)
    assert [one is other for one, other in zip(before[0], after[0], strict=True)] == [True, True]
    assert (len(before), len(after)) == (1, 2)
    assert tally.sample(3) is tally.sample(3)


EVENTS = some.builds(
    lambda make, request, version, at, ms, status: make(request, status, version, ms)._replace(
        time=AT + timedelta(seconds=at)
    ),
    some.sampled_from(
        [
            line,
            lambda request, status, version, ms: line(request, 200, version, ms, cold_start=True),
            lambda request, status, version, ms: line(request, 200, version, ms, api_request_id="hybridctl-direct"),
            lambda request, status, version, ms: report(request, version, ms),
            lambda request, status, version, ms: report(request, version, ms, "Init Duration: 300.00 ms"),
        ]
    ),
    some.sampled_from("abcdefgh"),
    some.sampled_from([2, 3]),
    some.integers(0, 40),
    some.sampled_from([4.0, 5.0, 70.0]),
    some.sampled_from([200, 404, 503]),
)


@settings(deadline=None)
@given(some.lists(some.lists(EVENTS, max_size=6), max_size=6))
def test_looks_in_between_change_nothing(pages):
    """What is kept from look to look is what is worked out of all lines at once."""
    looked, fresh = Tally(), Tally()
    for page in pages:
        looked.hear(page)
        looked.slices(2, 3)
        looked.sample(3)
        fresh.hear(page)
    assert looked.slices(2, 3) == fresh.slices(2, 3)
    for version in (2, 3):
        assert looked.sample(version) == fresh.sample(version)
        parts = [pair[version - 2] for pair in fresh.slices(2, 3)]
        assert looked.sample(version).requests == sum(part.requests for part in parts)
        assert looked.sample(version).errors == sum(part.errors for part in parts)
        assert looked.sample(version).warm_ms == tuple(sorted(ms for part in parts for ms in part.warm_ms))


def test_a_look_costs_what_is_new(monkeypatch):
    """The lines that are read and the invocations that are summed up, at each look of a release of half an hour.

    Each look reads the lines of the last minute again, as the watch does.
    """
    understood = summed = 0
    understand, sum_up = traffic.understand, traffic._VersionTally._sum_up

    def counting(event):
        nonlocal understood
        understood += 1
        return understand(event)

    def counting_sums(self, invocations):
        nonlocal summed
        summed += len(invocations)
        return sum_up(self, invocations)

    monkeypatch.setattr(traffic, "understand", counting)
    monkeypatch.setattr(traffic._VersionTally, "_sum_up", counting_sums)
    tally, events, costs = Tally(), [], []
    for look in range(120):
        events += [
            line(f"{look}-{at}", version=2 + at % 2)._replace(time=AT + timedelta(seconds=15 * look + at / 4))
            for at in range(60)
        ]
        understood = summed = 0
        tally.hear(events[-300:])
        tally.slices(2, 3)
        tally.sample(2)
        costs.append((understood, summed))
    assert costs == [(60, 60)] * 120
