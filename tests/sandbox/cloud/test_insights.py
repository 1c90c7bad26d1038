"""Logs Insights on the sandbox: the language, what is refused by name, and every question that hybridctl has."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from hybridctl.domain.logs.questions import ACCESS_QUESTIONS, QUESTIONS
from hybridctl.sandbox.cloud.insights import commands, fields
from hybridctl.sandbox.cloud.insights.reader import MalformedQuery
from sandbox.cloud.functions import unique

AT = 1_772_366_400_000  # 2026-03-01 12:00 UTC


def record(number, **values):
    line = {"route": "GET /health", "status": 200, "level": "INFO", "duration_ms": float(number)}
    return {"timestamp": AT + number * 1000, "message": json.dumps(line | values)}


EVENTS = [
    *(record(number) for number in range(1, 6)),
    record(6, route="POST /auth/session", status=503, level="ERROR", error={"type": "Throttled", "message": "slow"}),
    {"timestamp": AT + 7000, "message": "Task timed out after 3.00 seconds"},
    {
        "timestamp": AT + 400_000,
        "message": "REPORT RequestId: r1\tDuration: 3.50 ms\tBilled Duration: 4 ms\tMemory Size: 512 MB\t"
        "Max Memory Used: 44 MB\tInit Duration: 310.50 ms\t",
    },
    {"timestamp": AT + 401_000, "message": "REPORT RequestId: r2\tDuration: 1.50 ms\tMemory Size: 512 MB\t"},
]


def ask(text):
    found = commands.read(text).answer([fields.row("/g", "stream", event) for event in EVENTS])
    return [{cell["field"]: cell["value"] for cell in row} for row in found]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("filter status >= 500 | fields status, error.type", [{"status": "503", "error.type": "Throttled"}]),
        ("filter status = '503' and not (duration_ms < 6) | display route", [{"route": "POST /auth/session"}]),
        ("filter @message like /TIMED|zz/i | fields strlen(@message) as n", [{"n": "33"}]),
        ("filter @message like 'timed out' | fields toupper('a') as a", [{"a": "A"}]),
        ("filter route in ['POST /auth/session', 'x'] | fields duration_ms * 2 + 1 as d", [{"d": "13"}]),
        ("filter ispresent(@message) and route not like /GET/ | stats count(*)", [{"count(*)": "4"}]),
        ("stats count(*) as n, count(route) as r, count_distinct(route) as d", [{"n": "9", "r": "6", "d": "2"}]),
        ("stats pct(duration_ms, 50) as p, avg(duration_ms), max(status)", [{"p": "3", "avg(duration_ms)": "3.5",
                                                                              "max(status)": "503"}]),
        (
            "filter ispresent(route) | stats sum(duration_ms) as ms by route | sort ms desc",
            [{"route": "GET /health", "ms": "15"}, {"route": "POST /auth/session", "ms": "6"}],
        ),
        (
            "filter @type = 'REPORT' # a | in a comment\n| stats max(@maxMemoryUsed/1000/1000) as mb by bin(5m)",
            [{"bin(5m)": "2026-03-01 12:05:00.000", "mb": "44"}],
        ),
        ("filter ispresent(@initDuration) | fields @requestId, @duration", [{"@requestId": "r1", "@duration": "3.5"}]),
        (r"parse @message /Size: (?<mb>\d+) MB/ | filter mb > 100 | stats count(*) as n", [{"n": "2"}]),
        ("parse @message '* timed out after * seconds' as a, s | filter ispresent(s) | fields s", [{"s": "3.00"}]),
        ("fields duration_ms | sort duration_ms desc, @timestamp | limit 2", [{"duration_ms": "6"},
                                                                             {"duration_ms": "5"}]),
        ("filter nothing = 1 | fields @message", []),
        ("filter nothing != 1 and `status` > 500 | fields status", [{"status": "503"}]),
    ],
)  # fmt: skip
def test_the_language(text, rows):
    assert ask(text) == rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the query is empty"),
        ("dedup route", "does not know the command 'dedup'"),
        ("fields concat(a, b)", "does not know the function concat"),
        ("stats stddev(a)", "does not know the function stddev of stats"),
        ("filter (a = 1", "expected ')'"),
        ("filter a like b", "like takes a string or a regular expression"),
        ("filter a like /(/", "unterminated"),
        ("limit many", "limit takes a whole number"),
        ("stats count(*) by bin(5)", "bin takes a period"),
        ("stats count(*) | stats count(*)", "one stats a query"),
        ("parse @message '* *' as a", "finds 2 parts and names 1"),
        ("sort a b", "unexpected 'b'"),
        ("filter a = \x01", "unexpected"),
    ],
)
def test_what_is_not_known_is_refused_by_name(text, expected):
    with pytest.raises(MalformedQuery) as caught:
        ask(text)
    assert expected in str(caught.value)


@pytest.fixture
def logs(sandbox):
    return sandbox.client("logs")


def answer(logs, group, text, **more):
    now = int(time.time())
    started = logs.start_query(
        logGroupName=group, startTime=now - 3600, endTime=now + 60, queryString=text, **({"limit": 100} | more)
    )
    return logs.get_query_results(queryId=started["queryId"])


@pytest.fixture
def group(logs):
    name = unique("/test/insights")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    began = int(time.time() * 1000) - 600_000
    events = [{"timestamp": began + event["timestamp"] - AT, "message": event["message"]} for event in EVENTS]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    return name


@pytest.mark.parametrize("question", QUESTIONS, ids=[one.name for one in QUESTIONS])
def test_every_question_of_hybridctl_is_answered(logs, group, question):
    found = answer(logs, group, question.text)
    assert found["status"] == "Complete"
    assert found["results"]
    assert found["statistics"]["recordsScanned"] == len(EVENTS)
    assert found["statistics"]["bytesScanned"] == sum(len(event["message"]) for event in EVENTS)


def request_lines(number, **values):
    """A line of the access log as API Gateway writes it: every value is a string."""
    line = {"requestId": f"a{number}", "routeKey": "GET /health", "status": "200", "sourceIp": "192.0.2.7",
            "userAgent": "curl/8", "responseLatency": str(number), "integrationError": "-"}  # fmt: skip
    return {"timestamp": AT + number * 1000, "message": json.dumps(line | values)}


ACCESS_EVENTS = [
    *(request_lines(number) for number in (5, 9, 10, 120)),
    request_lines(7, status="503", integrationError="The request was throttled", sourceIp="192.0.2.8"),
]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("slowest", {"responseLatency": "120"}),
        ("errors", {"status": "503", "integrationError": "The request was throttled"}),
        ("by-route", {"requests": "4", "status": "200", "avg_ms": "36", "max_ms": "120"}),
        ("callers", {"requests": "4", "sourceIp": "192.0.2.7", "userAgent": "curl/8"}),
    ],
)
def test_every_question_to_the_access_log_is_answered_by_its_strings(name, first):
    (question,) = [one for one in ACCESS_QUESTIONS if one.name == name]
    found = commands.read(question.text).answer([fields.row("/g", "stream", event) for event in ACCESS_EVENTS])
    row = {cell["field"]: cell["value"] for cell in found[0]}
    assert first.items() <= row.items()


def test_rows_are_limited_and_the_matched_are_those_of_the_filter(logs, group):
    found = answer(logs, group, "filter ispresent(route) | limit 4", limit=3)
    assert (len(found["results"]), found["statistics"]["recordsMatched"]) == (3, 6)


def test_refusals_have_the_codes_of_cloudwatch(logs, group):
    for name, text, code in (
        (group, "dedup route", "MalformedQueryException"),
        ("/none", "fields a", "ResourceNotFoundException"),
    ):
        with pytest.raises(ClientError) as caught:
            answer(logs, name, text)
        assert caught.value.response["Error"]["Code"] == code


def test_half_of_a_character_in_a_line_stops_no_query(logs, group):
    """Programs cut text between the two halves, and JSON can write one alone."""
    at = int(time.time() * 1000)
    message = '{"route": "GET /\\ud83d", "status": 500, "whole": "\\ud83d\\ude00"}'
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": at, "message": message}])
    [row] = answer(logs, group, "filter ispresent(whole) | stats count(*) as n by route, whole")["results"]
    assert {cell["field"]: cell["value"] for cell in row} == {"route": "GET /\ufffd", "whole": "😀", "n": "1"}


def test_one_deeply_nested_line_hides_nothing_from_a_query_or_a_filter(logs, group):
    at = int(time.time() * 1000)
    odd = ['{"a":' * 5000 + "1" + "}" * 5000, '{"status": 1e999}', '{"status": NaN}', '{"status": 503']
    events = [{"timestamp": at, "message": message} for message in odd]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    assert len(answer(logs, group, "filter status >= 500 and ispresent(route)")["results"]) == 1
    found = logs.filter_log_events(logGroupName=group, filterPattern="{ $.status = 503 }")["events"]
    assert [json.loads(event["message"])["route"] for event in found] == ["POST /auth/session"]
