"""`hybridctl logs query`: the questions, the waiting, what stops it, its answer and its price; and its adapter."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from fakes.clock import NOON
from fakes.log_lines import request_id
from fakes.logs import FakeLogQueries, InterruptedClock, LoggingBackend
from hybridctl.adapters.aws.log_queries import CloudWatchLogQueries
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.query import QueryProgress, QueryState, limit_rows
from hybridctl.domain.logs.questions import ACCESS_QUESTIONS, DEFAULT_ROWS, QUESTIONS, query_text
from hybridctl.errors import AwsRefused, NotDeployed, UsageInvalid
from hybridctl.operations.log_query import run_query
from hybridctl.sandbox.cloud.insights import commands

RUNNING = QueryProgress(QueryState.RUNNING, scanned=5e6)
ROWS = [
    {"@timestamp": "2026-03-01 11:59:00.123", "duration_ms": "2900.5", "status": "503", "request_id": request_id(9)},
    {"@timestamp": "2026-03-01 11:58:00.000", "duration_ms": "12", "status": "200", "@ptr": "CmEK"},
]
DONE = QueryProgress(QueryState.COMPLETE, ROWS, matched=2, scanned=123_456, bytes_scanned=4.2e9)


def asking(*course):
    return LoggingBackend(log_queries=FakeLogQueries(list(course)))


@pytest.mark.parametrize(
    ("name", "argv", "course"),
    [
        ("questions", [], [DONE]),
        ("answer", ["slowest"], [QueryProgress(QueryState.SCHEDULED), RUNNING, DONE]),
        ("nothing", ["errors", "--since", "2h"], [QueryProgress(QueryState.COMPLETE, scanned=7, bytes_scanned=1200)]),
        ("json", ["filter status >= 500 | limit 2"], [DONE]),
        ("failed", ["by-route"], [QueryProgress(QueryState.TIMEOUT)]),
        ("no-question", ["slow"], [DONE]),
        ("access-questions", ["--access"], [DONE]),
        ("not-of-access", ["cold-starts", "--access"], [DONE]),
        ("of-access-alone", ["callers"], [DONE]),
        ("future", ["slowest", "--until", "2027-01-01"], [DONE]),
    ],
)
def test_the_command_prints(hybridctl, golden, name, argv, course):
    before = ("--output", "json") if name == "json" else ()
    golden(f"query-{name}.txt", hybridctl(*before, "logs", "query", *argv, backend=asking(*course)).transcript)


def test_a_malformed_query_is_a_usage_error(hybridctl):
    backend = asking(DONE)
    backend.log_queries.refuses = UsageInvalid("the query is not valid: unexpected symbol")
    assert hybridctl("logs", "query", "filter (", backend=backend).code == 2


def test_the_question_is_asked_of_the_hour_until_now(hybridctl):
    backend = asking(DONE)
    hybridctl("logs", "query", "slowest", backend=backend)
    [(text, window, limit)] = backend.log_queries.started
    assert (text, limit) == (QUESTIONS[0].text, DEFAULT_ROWS)
    assert window == Window(NOON - timedelta(hours=1), NOON)


@pytest.mark.parametrize("limit", [1, 3, 50, 10_000])
@pytest.mark.parametrize("question", [*QUESTIONS, *ACCESS_QUESTIONS], ids=lambda one: one.about[:20])
def test_a_limit_holds_over_the_one_of_a_preset_query(question, limit):
    """Also upwards: the presets' own 20 rows are only what is shown when nobody asks for more."""
    limited = commands.read(limit_rows(question.text, limit))
    assert limited.limit in (limit, None)
    assert limit_rows(question.text, limit).count("| limit") == question.text.count("| limit")


@pytest.mark.parametrize(
    ("text", "limited"),
    [
        ("fields a | limit 20", "fields a | limit 7"),
        ("fields a |LIMIT  20 \n", "fields a |LIMIT  7 \n"),
        ("limit 20", "limit 7"),
        ("limit 20 | stats count(*)", "limit 20 | stats count(*)"),  # that limit decides what is counted
        ("fields a # | limit 20\n| sort a", "fields a # | limit 20\n| sort a"),
        ("filter @message like '| limit 20'", "filter @message like '| limit 20'"),
        ("fields a", "fields a"),
    ],
)
def test_only_the_last_command_of_a_query_is_its_limit(text, limited):
    assert limit_rows(text, 7) == limited


@pytest.mark.parametrize("text", ["slowest", "fields a | limit 20", "fields a", "limit 20 | sort a"])
def test_no_more_rows_than_asked_for_are_shown(hybridctl, text):
    """Even where CloudWatch goes by a limit within the query."""
    many = QueryProgress(QueryState.COMPLETE, [ROWS[0] | {"status": str(number)} for number in range(20)])
    ran = hybridctl("--output", "json", "logs", "query", text, "--limit", "3", backend=asking(many))
    assert [row["status"] for row in json.loads(ran.out)["rows"]] == ["0", "1", "2"]
    ran = hybridctl("--output", "json", "logs", "query", text, backend=asking(many))
    assert len(json.loads(ran.out)["rows"]) == 20


def test_a_state_that_is_new_to_us_is_waited_for(clock):
    queries = FakeLogQueries([QueryProgress(QueryState.of("Paused")), DONE])
    assert run_query(queries, clock, "x", Window(NOON), limit=None, noted=lambda _: None).rows


def test_with_access_it_is_the_apis_log_that_is_asked(hybridctl):
    backend = LoggingBackend(access_log_queries=FakeLogQueries([DONE]))
    hybridctl("logs", "query", "slowest", "--access", backend=backend)
    [(text, _, _)] = backend.access_log_queries.started
    assert text == ACCESS_QUESTIONS[0].text
    assert backend.log_queries.started == []


def test_an_id_is_whole_for_programs(hybridctl):
    ran = hybridctl("--output", "json", "logs", "query", "slowest", backend=asking(DONE))
    found = json.loads(ran.out)
    assert found["rows"][0]["request_id"] == request_id(9)
    assert found["columns"] == ["@timestamp", "duration_ms", "status", "request_id"]
    assert found["statistics"]["dollars"] == pytest.approx(0.021)


def test_ctrl_c_stops_the_query_at_cloudwatch(hybridctl):
    backend = asking(RUNNING)
    queries, notes = backend.log_queries, []
    with pytest.raises(KeyboardInterrupt):
        run_query(queries, InterruptedClock(lasts=30), "x", Window(NOON), limit=1, noted=notes.append)
    assert queries.stopped == ["q1"]
    assert notes == ["running: 5,000,000 events scanned so far; Ctrl-C stops the query", "the query was stopped"]


def test_what_cannot_be_looked_at_is_stopped_too_and_a_failed_stop_is_reported(clock):
    queries, notes = FakeLogQueries([AwsRefused("reading the answer: throttled")]), []

    def stop(query):
        raise AwsRefused("stopping: throttled")

    queries.stop = stop
    with pytest.raises(AwsRefused, match="reading the answer"):
        run_query(queries, clock, "x", Window(NOON), limit=1, noted=notes.append)
    assert notes == ["the query could not be stopped and may still be running: stopping: throttled"]


def test_looking_slows_down_while_it_takes_long(clock):
    queries = FakeLogQueries([RUNNING] * 20 + [DONE])
    run_query(queries, clock, "x", Window(NOON), limit=1, noted=lambda _: None)
    assert clock.slept[0] == 0.2
    assert max(clock.slept) == 2.0


@pytest.mark.parametrize("text", ["fields @message", "# mine\nstats count(*)", "SOURCE logGroups() | limit 1"])
def test_a_query_is_taken_as_it_is(text):
    assert query_text(text) == text


@pytest.mark.parametrize("text", ["", "  ", "slowst", "select * from logs"])
def test_an_invalid_query_is_reported(text):
    with pytest.raises(UsageInvalid, match="neither the name"):
        query_text(text)


@pytest.fixture
def aws():
    client = boto3.client("logs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield CloudWatchLogQueries(lambda: client, group="/g"), stubber
        stubber.assert_no_pending_responses()


WINDOW = Window(datetime(2026, 3, 1, 11, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC))
ASKED = {
    "logGroupName": "/g",
    "startTime": int(WINDOW.start.timestamp()),
    "endTime": int(WINDOW.end.timestamp()) if WINDOW.end else 0,
    "queryString": "fields @message",
    "limit": 10,
}


def test_a_query_is_started_looked_at_and_stopped(aws):
    queries, stubber = aws
    stubber.add_response("start_query", {"queryId": "q"}, ASKED)
    assert queries.start("fields @message", WINDOW, limit=10) == "q"
    answer = {
        "status": "Running",
        "results": [[{"field": "a", "value": "1"}, {"field": "b"}]],
        "statistics": {"recordsMatched": 1.0, "recordsScanned": 2.0, "bytesScanned": 3.0},
    }
    stubber.add_response("get_query_results", answer, {"queryId": "q"})
    assert queries.progress("q") == QueryProgress(QueryState.RUNNING, [{"a": "1", "b": ""}], 1, 2, 3)
    stubber.add_client_error("stop_query", "InvalidParameterException", "Query is not Running or Scheduled")
    queries.stop("q")


@pytest.mark.parametrize(
    ("name", "raised"),
    [
        ("MalformedQueryException", UsageInvalid),
        ("ResourceNotFoundException", NotDeployed),
        ("LimitExceededException", AwsRefused),
        ("AccessDeniedException", AwsRefused),
        ("ExpiredTokenException", AwsRefused),
    ],
)
def test_each_refusal_has_its_own_error(aws, name, raised):
    queries, stubber = aws
    stubber.add_client_error("start_query", name, "no")
    with pytest.raises(raised) as caught:
        queries.start("fields @message", WINDOW, limit=10)
    assert type(caught.value) is raised
    assert caught.value.hint
