"""The API's access log beside the function's: read, merged by time, distinguished, and joined by the request's id."""

import json
import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from fakes.clock import NOON, FakeClock
from fakes.log_lines import request, request_id
from fakes.logs import FakeLogSource, InterruptedClock, LoggingBackend, event
from hybridctl.domain.logs.access import understand_access
from hybridctl.domain.logs.events import LineKind
from hybridctl.domain.logs.filter import make_filter
from hybridctl.operations.log_follow import follow

REPOSITORY = Path(__file__).resolve().parents[2]


def request_at(time, number=None, *, lag=0.0, **values):
    """An access log's event; without a number the function was not reached."""
    line = {
        "requestId": f"{int(time.timestamp()) % 1000:03d}Abc=",
        "functionRequestId": request_id(number) if number is not None else "-",
        "routeKey": "GET /health",
        "httpMethod": "GET",
        "path": "/local/health",
        "status": "200",
        "responseLatency": "9",
        "integrationLatency": "7",
        "integrationError": "-",
        "sourceIp": "203.0.113.9",
        "userAgent": "curl/8.5.0",
    }
    return event(time, json.dumps(line | values), stream="access", lag=lag)


@pytest.fixture
def reached(clock):
    """Two requests that the function answered, one that API Gateway throttled, and one that broke on the way."""
    began = NOON - timedelta(minutes=5)
    refused = {"status": "429", "integrationLatency": "-", "responseLatency": "0"}
    broken = {
        "status": "500",
        "integrationError": "The IAM role configured on the integration or API Gateway doesn't have permissions",
    }
    access = FakeLogSource(clock, group="/aws/vendedlogs/apigateway/x").add(
        request_at(began + timedelta(milliseconds=15), 1),
        request_at(began + timedelta(seconds=1), routeKey="$default", path="/local/wp-login.php", **refused),
        request_at(began + timedelta(seconds=2), **broken),
        request_at(began + timedelta(milliseconds=3013), 2, status="503", responseLatency="2910"),
    )
    function = FakeLogSource(clock).add(
        *request(began, 1), *request(began + timedelta(seconds=3), 2, status=503, duration_ms=2900.0)
    )
    return LoggingBackend(logs=function, access_logs=access)


@pytest.mark.parametrize(
    ("name", "argv"),
    [("all", []), ("status", ["--status", "5xx"]), ("limit", ["--limit", "2"]), ("version", ["--version", "7"])],
)
def test_both_logs_in_the_order_of_time(hybridctl, golden, reached, name, argv):
    golden(f"access-{name}.txt", hybridctl("logs", "--access", *argv, backend=reached).transcript)


def test_the_two_lines_of_a_request_carry_the_same_id(hybridctl, reached):
    ran = hybridctl("--output", "json", "logs", "--access", "--request-id", request_id(1)[:8], backend=reached)
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["kind"] for line in found] == ["start", "request", "end", "report", "access"]
    assert {line["request_id"] for line in found} == {request_id(1)}


def test_without_it_the_access_log_is_not_asked_for(hybridctl, reached):
    hybridctl("logs", backend=reached)
    assert reached.access_logs.calls == []


def test_numbers_are_numbers_and_a_dash_is_nothing():
    line = understand_access(request_at(NOON, status="429", integrationLatency="-"))
    assert (line.kind, line.level, line.request_id) == (LineKind.ACCESS, "WARNING", "400Abc=")
    assert (line.fields["status"], line.fields["duration_ms"]) == (429, 9.0)
    assert not {"integration_ms", "integration_error"} & line.fields.keys()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"status": "200"}', "plain text"])
def test_a_line_that_is_not_an_access_line_is_read_as_any_other(text):
    assert understand_access(event(NOON, text)).kind in (LineKind.TEXT, LineKind.RECORD)


def test_a_line_that_its_format_broke_is_a_warning_that_says_so(hybridctl, clock):
    """Whether API Gateway escapes every value is not documented: a quote may end the string it stands in."""
    broken = request_at(NOON - timedelta(minutes=1)).message.replace("/local/health", '/local/a"b')
    access = FakeLogSource(clock, group="/aws/vendedlogs/apigateway/x").add(event(NOON - timedelta(minutes=1), broken))
    backend = LoggingBackend(logs=FakeLogSource(clock), access_logs=access)
    ran = hybridctl("logs", "--access", "--level", "warning", backend=backend, width=400)
    assert " W " in ran.out
    assert f"invalid JSON: {broken}" in ran.out


def test_every_field_that_is_read_is_in_the_hcls_format():
    hcl = (REPOSITORY / "terraform/modules/http_api/main.tf").read_text()
    written = set(re.findall(r"(\w+) += \"\$context", hcl))
    assert set(json.loads(request_at(NOON).message)) <= written


@pytest.mark.parametrize(("status", "pattern"), [("404", '{ $.status = "404" }'), ("5xx", '{ $.status = "5*" }')])
def test_cloudwatch_looks_for_the_status_as_the_string_it_is(status, pattern):
    assert make_filter(status=status).access_pattern == pattern
    assert make_filter(status=status).pattern != pattern


def test_following_asks_the_two_in_turns_within_the_same_pace():
    clock = InterruptedClock(lasts=40)
    logs = FakeLogSource(clock).add(*(event(NOON + timedelta(seconds=n), f"f{n}", lag=0.5) for n in range(30)))
    access = FakeLogSource(clock).add(*(request_at(NOON + timedelta(seconds=n), n, lag=0.9) for n in range(30)))
    events = []
    with pytest.raises(KeyboardInterrupt):
        follow(logs, clock, NOON, make_filter(), heard=events.extend, noted=lambda _: None, access=access)
    assert len({line.event.id for line in events}) == len(events) == 60
    calls = sorted(logs.calls + access.calls)
    assert len(calls) <= 1.2 * 40
    assert all(later - earlier > 0.4 for earlier, later in pairwise(calls))


def test_a_fresh_clock_is_where_both_start(hybridctl):
    clock = FakeClock()
    backend = LoggingBackend(logs=FakeLogSource(clock), access_logs=FakeLogSource(clock))
    ran = hybridctl("logs", "--access", backend=backend)
    assert (ran.code, ran.out) == (0, "")
