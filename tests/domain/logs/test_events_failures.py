"""Every way in which a function fails, in every form in which it is written: found, named and shown."""

import json
import re
from datetime import timedelta

import pytest

from fakes.clock import NOON
from fakes.log_failures import FAILURES, ID, failure
from fakes.log_lines import request, request_id
from fakes.logs import FakeLogSource, LoggingBackend, event
from hybridctl.domain.logs.events import LineKind, understand
from hybridctl.domain.logs.filter import make_filter
from hybridctl.domain.logs.questions import QUESTIONS
from hybridctl.sandbox.cloud.insights import commands, fields

EACH = pytest.mark.parametrize("name", FAILURES)


def ask(question, events):
    """The answer of the sandbox's Logs Insights, as rows of text."""
    (text,) = [one.text for one in QUESTIONS if one.name == question]
    rows = [
        fields.row("/g", one.stream, {"timestamp": int(one.time.timestamp() * 1000), "message": one.message})
        for one in events
    ]
    return [{cell["field"]: cell["value"] for cell in row} for row in commands.read(text).answer(rows)]


@EACH
def test_the_query_for_errors_shows_what_went_wrong(name):
    _, error_type, words = FAILURES[name]
    found = ask("errors", [*request(NOON - timedelta(seconds=9), 1), *failure(name, NOON)])
    assert len(found) == len(FAILURES[name][0]), "each of its lines, and none of the request that went well"
    assert found[0].get("error_type", "") == error_type or error_type in [one.get("error_type") for one in found]
    assert any(words in one["what"] for one in found)
    assert all(one["what"] and len(one["what"]) <= 160 for one in found)


@EACH
@pytest.mark.parametrize("question", [one.name for one in QUESTIONS])
def test_no_preset_query_stumbles_over_a_failure(name, question):
    everything = [*request(NOON, 1), *failure(name, NOON)]
    assert ask(question, everything)


@EACH
def test_a_search_for_errors_finds_it_and_says_what_it_was(hybridctl, clock, name):
    source = FakeLogSource(clock).add(*request(NOON - timedelta(minutes=2), 1))
    source.add(*failure(name, NOON - timedelta(minutes=1)))
    ran = hybridctl("logs", "--level", "error", backend=LoggingBackend(logs=source))
    assert ran.code == 0
    shown = ran.out.replace("\n", " ")
    assert request_id(1)[:8] not in shown
    words = {
        "text timeout": "Task timed out",
        "text timeout by its REPORT alone": "timed out",
        "text out of memory": "ran out of memory",
        "text start timed out": "start timed out after 10.00 s",
        "text start failed": "start failed: Runtime.ImportModuleError after 229 ms",
        "JSON timeout": "timed out",
        "JSON out of memory": "ran out of memory",
        "JSON failure": "failed: Runtime.Unknown",
        "JSON start timed out": "start timed out after 10.00 s",
        "JSON start failed": "start failed: Runtime.ImportModuleError",
    }
    assert words.get(name, FAILURES[name][2]) in shown


@pytest.mark.parametrize("name", ["JSON uncaught exception", "Powertools exception"])
def test_an_exception_in_json_belongs_to_its_request(name):
    [one] = failure(name, NOON)
    line = understand(one)
    assert (line.kind, line.level, line.request_id) == (LineKind.RECORD, "ERROR", ID)


@pytest.mark.parametrize("name", ["JSON uncaught exception", "Powertools exception"])
def test_the_words_of_an_exception_are_printed_once(hybridctl, clock, name):
    source = FakeLogSource(clock).add(*failure(name, NOON - timedelta(minutes=1)))
    ran = hybridctl("logs", backend=LoggingBackend(logs=source))
    assert (ran.out.count("app.py"), ran.out.count("ValueError: boom")) == (1, 1)


def report(number, *, init=None, as_json=False):
    metrics = {"durationMs": 5.0} | ({"initDurationMs": init} if init else {})
    text = f"REPORT RequestId: {request_id(number)}\tDuration: 5.00 ms\t" + (
        f"Init Duration: {init} ms" if init else ""
    )
    if as_json:
        record = {"requestId": request_id(number), "status": "success", "metrics": metrics}
        text = json.dumps({"type": "platform.report", "record": record})
    return event(NOON, text, key=f"r{number}")


@pytest.mark.parametrize("as_json", [False, True])
def test_cold_starts_are_those_that_a_user_waited_for(as_json):
    """Three environments start, one of them ahead of time: its request waits for nothing."""
    events = [
        *(report(number, init=init, as_json=as_json) for number, init in enumerate([300.0, 500.0, 1800.0, None])),
        *(request(NOON, number, cold_start=number < 2)[1] for number in range(4)),
    ]
    [found] = ask("cold-starts", events)
    assert (found["requests"], found["cold"], found["started"], found["max_ms"]) == ("4", "2", "3", "1800")


def test_an_environment_that_was_started_ahead_of_time_is_not_cold(hybridctl, clock):
    """Its REPORT has an init anyway (Lambda reports it for provisioned concurrency too)."""
    source = FakeLogSource(clock).add(*request(NOON - timedelta(minutes=1), 1, init=1810.0, cold_start=False))
    source.add(*request(NOON - timedelta(minutes=1), 2, init=310.0, cold_start=True))
    out = hybridctl("logs", backend=LoggingBackend(logs=source)).out
    assert "cold 310 ms" in out
    assert out.count("cold") == 1


def test_powertools_lines_belong_to_their_request():
    line = json.dumps({"level": "INFO", "message": "paid", "function_request_id": ID})
    assert understand(event(NOON, line)).request_id == ID


ODD = {
    "deep": '{"a":' * 5000 + "1" + "}" * 5000,
    "deep, as far as Python reads": '{"a":' * 900 + "1" + "}" * 900,
    "a deep list": '{"a":' + "[" * 5000 + "]" * 5000 + "}",
    "a deep type": '{"type":' + "[" * 300 + "]" * 300 + "}",
    "a deep version": '{"route":"GET /","status":200,"version":' + "[" * 300 + "]" * 300 + "}",
    "NaN": '{"route":"GET /","status":200,"duration_ms":NaN}',
    "Infinity": '{"route":"GET /","status":200,"duration_ms":-Infinity}',
    "beyond a double": '{"route":"GET /","status":200,"duration_ms":1e999}',
    "a long integer": '{"route":"GET /","status":200,"duration_ms":' + "9" * 400 + "}",
    "longer than Python converts": '{"route":"GET /","status":200,"duration_ms":' + "9" * 5000 + "}",
    "a report of words": '{"type":"platform.report","record":{"requestId":7,"status":["x"],"metrics":{"durationMs":"x",'
    '"maxMemoryUsedMB":[1],"initDurationMs":1e999}}}',
    "a metric of the year 30000": '{"_aws":{"Timestamp":1e300,"CloudWatchMetrics":[]}}',
    "a metric of NaN": '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[[]],'
    '"Metrics":[{"Name":"a"}]}]},"a":NaN}',
    "broken": '{"a": "\\ud800',
    "a lone surrogate": '{"message": "\\ud800", "level": "INFO"}',
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("argv", [(), ("--raw",), ("--level", "debug"), ("--grep", "ordinary"), ("--status", "2xx")])
def test_one_odd_line_never_hides_the_others(hybridctl, clock, name, argv):
    source = FakeLogSource(clock)
    source.add(event(NOON - timedelta(minutes=2), ODD[name]), *request(NOON - timedelta(minutes=1), 1))
    source.add(event(NOON, '{"level": "INFO", "message": "ordinary"}'))
    for before in ((), ("--output", "json")):
        ran = hybridctl(*before, "logs", *argv, backend=LoggingBackend(logs=source))
        assert (ran.code, "Traceback" in ran.err) == (0, False)
        assert "ordinary" in ran.out or request_id(1)[:8] in ran.out
        if not before and "--raw" not in argv:
            assert not re.search(r"\b(nan|inf)\b", ran.out), "no figure that is none"
        if before:
            assert all(json.loads(line, parse_constant=pytest.fail) for line in ran.out.splitlines())


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("question", [one.name for one in QUESTIONS])
def test_one_odd_line_never_breaks_a_query(name, question):
    assert ask(question, [event(NOON, ODD[name]), *request(NOON, 1), *failure("handled 503", NOON)])


def test_no_odd_line_counts_as_a_failure_that_it_is_not():
    wanted = make_filter(level="error")
    assert [name for name, text in ODD.items() if wanted.matches(understand(event(NOON, text)))] == []
