"""`hybridctl logs` as it is typed and as it prints: golden transcripts, NDJSON, and output made harmless."""

import io
import json
import os
import re
from datetime import timedelta

import pytest
from rich.console import Console

from fakes.clock import NOON, FakeClock
from fakes.log_lines import request, request_id
from fakes.logs import STREAM, FakeLogSource, InterruptedClock, LoggingBackend, event
from fakes.printers import printer_of
from hybridctl.domain.environment import Names
from hybridctl.domain.logs.events import understand
from hybridctl.domain.logs.group import log_group_of
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.visible_text import make_visible
from hybridctl.errors import AwsRefused, CredentialsExpired, LogsThrottled
from hybridctl.views.logs import log_printer
from hybridctl.views.printer import Printer
from hybridctl.views.screen import Screen
from hybridctl.views.stream import ReaderGone, Stream

CANARY = STREAM.replace("[7]", "[8]")


def ago(minutes):
    return NOON - timedelta(minutes=minutes)


@pytest.fixture
def logged(clock):
    """Ten minutes in the life of a backend."""
    error = {
        "type": "EndpointConnectionError",
        "message": "Could not connect to the table",
        "stack": ['  File "/var/task/backend/store.py", line 40, in read', "    return self._client.get_item()"],
    }
    source = FakeLogSource(clock)
    source.add(
        event(ago(9.01), "INIT_START Runtime Version: python:3.13.v50\tRuntime Version ARN: arn:aws:lambda:x"),
        *request(ago(9), 1, init=310.51, cold_start=True),
        *request(ago(8), 2, route="POST /auth/session", status=201, duration_ms=23.4),
        event(ago(7.9), '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": []}, "SessionsCreated": 1}'),
        *request(ago(7), 3, route="DELETE /auth/sessions", status=401, stream=CANARY, version="8"),
        *request(ago(6), 4, route="POST /auth/validate", status=503, duration_ms=2900.5, error=error),
        event(ago(5), f"START RequestId: {request_id(5)} Version: 7", key="s5"),
        event(ago(4.95), f"2026-03-01T11:55:03.000Z {request_id(5)} Task timed out after 3.00 seconds", key="t5"),
        event(ago(4.95), f"END RequestId: {request_id(5)}", key="e5"),
        event(
            ago(4.95),
            f"REPORT RequestId: {request_id(5)}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t"
            "Memory Size: 512 MB\tMax Memory Used: 91 MB\tStatus: timeout",
            key="r5",
        ),
        event(
            ago(3),
            'Traceback (most recent call last):\r  File "/var/task/x.py", line 1\rValueError: \x1b[31mred',
            key="x",
        ),
        event(ago(2), f"[WARNING]\t2026-03-01T11:58:00.000Z\t{request_id(6)}\tthe table is slow\n", key="w"),
        event(
            ago(1), f'{{"level": "INFO", "message": "warmed", "request_id": "{request_id(7)}", "tries": 2}}', key="j"
        ),
    )
    return LoggingBackend(logs=source)


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("search", []),
        ("raw", ["--raw", "--request-id", "00000002"]),
        ("errors", ["--level", "error"]),
        ("status", ["--status", "5xx"]),
        ("version", ["--version", "8"]),
        ("grep", ["--grep", "slow"]),
        ("limit", ["--limit", "3"]),
        ("nothing", ["--since", "2m", "--until", "1m", "--grep", "no such text"]),
        ("bad-since", ["--since", "yesterday"]),
        ("bad-grep", ["--grep", "/(/"]),
        ("bad-level", ["--level", "loud"]),
        ("future", ["--since", "2027-01-01"]),
        ("until-before-since", ["--since", "1m", "--until", "2m"]),
        ("bad-status", ["--status", "5"]),
        ("follow-until", ["--follow", "--until", "1m"]),
        ("json", ["-n", "1"]),
    ],
)
def test_the_command_prints(hybridctl, golden, logged, name, argv):
    before = ("--output", "json") if name == "json" else ()
    golden(f"logs-{name}.txt", hybridctl(*before, "logs", *argv, backend=logged).transcript)


def test_no_request_line_is_wider_than_eighty_columns(hybridctl, logged):
    lines = hybridctl("logs", backend=logged).out.splitlines()
    assert max(len(line) for line in lines if re.match(r"[\d:.]{12}[ ~][A-Z] (\d{3}|  -) ", line)) <= 80


def test_every_day_has_its_date(hybridctl, clock):
    source = FakeLogSource(clock).add(*request(ago(26 * 60), 1), *request(ago(60), 2), *request(ago(30), 3))
    out = hybridctl("logs", "--since", "2d", backend=LoggingBackend(logs=source)).out
    assert re.findall(r"^-- .*", out, re.M) == ["-- 2026-02-28 UTC --", "-- 2026-03-01 UTC --"]


def test_a_missing_group_is_not_found_and_names_the_next_step(hybridctl, golden, clock):
    source = FakeLogSource(clock, exists_from=NOON + timedelta(days=1))
    golden("logs-missing.txt", hybridctl("logs", backend=LoggingBackend(logs=source)).transcript)


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        (
            "denied",
            AwsRefused(
                "reading the log group x (logs:FilterLogEvents): access denied: not you",
                hint="the role needs logs:FilterLogEvents on x",
            ),
        ),
        (
            "expired",
            CredentialsExpired(
                "reading the log group x (logs:FilterLogEvents): the credentials have expired",
                hint="aws sso login, or renew the credentials",
            ),
        ),
        ("throttled", LogsThrottled("reading the log group x: CloudWatch throttles us", hint="wait a minute")),
    ],
)
def test_what_cloudwatch_refuses_is_reported_with_the_next_step(hybridctl, golden, clock, name, trouble):
    source = FakeLogSource(clock, troubles=[trouble] * 20)
    golden(f"logs-{name}.txt", hybridctl("logs", backend=LoggingBackend(logs=source)).transcript)


def test_a_missing_permission_is_one_document_for_programs(hybridctl, clock):
    source = FakeLogSource(clock, troubles=[AwsRefused("reading the log group: access denied")])
    ran = hybridctl("--output", "json", "logs", backend=LoggingBackend(logs=source))
    assert ran.code == 1
    assert json.loads(ran.out)["error"]["code"] == "aws_refused"


def test_json_is_one_object_a_line_with_all_that_is_understood(hybridctl, logged):
    ran = hybridctl("--output", "json", "logs", backend=logged)
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert [record["kind"] for record in records[:5]] == ["init", "start", "request", "end", "report"]
    assert "metrics" not in {record["kind"] for record in records}
    report = records[4]
    assert report["fields"]["init_ms"] == 310.51
    assert (report["timestamp"], report["version"], report["level"]) == ("2026-03-01T11:51:00.014Z", "7", "INFO")
    assert ran.out.isascii()
    assert "\x1b" not in ran.out
    with_metrics = hybridctl("--output", "json", "logs", "--raw", backend=logged)
    assert sum('"kind": "metrics"' in line for line in with_metrics.out.splitlines()) == 1


@pytest.mark.parametrize("argv", [["--output", "json", "logs"], ["logs", "--raw"]])
def test_a_limit_counts_events_where_each_has_its_own_line(hybridctl, clock, argv):
    source = FakeLogSource(clock).add(*request(ago(2), 1), *request(ago(1), 2))
    assert len(hybridctl(*argv, "--limit", "3", backend=LoggingBackend(logs=source)).out.splitlines()) == 3


class TestFollowing:
    @pytest.fixture
    def clock(self):
        return InterruptedClock(lasts=20)

    def test_follows_until_interrupted_and_ends_with_130_and_no_further_output(self, hybridctl, golden, clock):
        source = FakeLogSource(clock, exists_from=NOON + timedelta(seconds=2))
        source.add(
            *request(NOON + timedelta(seconds=4), 1, init=300.0, cold_start=True, lag=0.3),
            *request(NOON + timedelta(seconds=12), 2, route="POST /auth/session", status=201, lag=0.3),
            *request(NOON + timedelta(seconds=5), 3, lag=9),
        )
        golden("logs-follow.txt", hybridctl("logs", "-f", backend=LoggingBackend(logs=source)).transcript)

    def test_programs_get_a_line_for_each_event_and_nothing_behind(self, hybridctl, clock):
        source = FakeLogSource(clock).add(*request(NOON + timedelta(seconds=4), 1))
        ran = hybridctl("--output", "json", "logs", "-f", backend=LoggingBackend(logs=source))
        assert ran.code == 130
        assert [json.loads(line)["kind"] for line in ran.out.splitlines()] == ["start", "request", "end", "report"]

    def test_a_request_is_shown_once_although_its_report_comes_a_poll_later(self, hybridctl, clock):
        source = FakeLogSource(clock)
        start, line, _, _ = request(NOON + timedelta(seconds=4), 1)
        _, _, end, report = request(NOON + timedelta(seconds=4), 1, lag=3)
        source.add(start, line, end, report)
        out = hybridctl("logs", "-f", backend=LoggingBackend(logs=source)).out
        assert out.count("GET /health") == 1
        assert len(out.splitlines()) == 2


class Flushed(io.StringIO):
    """What a reader at the other end of a pipe has by now."""

    seen = ""

    def flush(self):
        self.seen = self.getvalue()


@pytest.mark.parametrize("raw", [True, False])
def test_each_batch_is_flushed(raw):
    pipe = Flushed()
    screen = Screen(Printer(pipe, {}), Printer(io.StringIO(), {}), FakeClock())
    log_printer(screen, raw=raw, reports=True).settle([understand(event(NOON, "now"))])
    assert "now" in pipe.seen


def test_a_silent_log_is_not_followed_for_a_reader_who_has_gone():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        printer = log_printer(
            Screen(Printer(Stream(pipe), {}), Printer(io.StringIO(), {}), FakeClock()), raw=True, reports=True
        )
        printer.settle([])
        os.close(reading)
        with pytest.raises(ReaderGone):
            printer.settle([])


def test_colour_is_for_terminals():
    terminal = io.StringIO()
    screen = Screen(printer_of(Console(file=terminal, force_terminal=True)), Printer(io.StringIO(), {}), FakeClock())
    log_printer(screen, raw=False, reports=True).settle([understand(one) for one in request(NOON, 1, status=500)])
    assert "\x1b[31mE 500" in terminal.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\tb", "a\tb"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edef", "abc\\u202edef"),
        ("\ud800", "\\ud800"),
        ("naïve ✓", "naïve ✓"),
    ],
)
def test_nothing_a_terminal_would_obey_is_printed(text, shown):
    assert make_visible(text) == shown


def test_the_group_is_the_one_terraform_names_else_the_one_the_rule_gives():
    names = Names("hybrid-ci-cd", "staging")
    assert log_group_of(Outputs({"lambda_log_group": "/custom"}), names) == "/custom"
    assert log_group_of(Outputs({}), names) == "/aws/lambda/hybrid-ci-cd-staging"
    assert log_group_of(None, names) == "/aws/lambda/hybrid-ci-cd-staging"
