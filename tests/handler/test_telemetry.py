"""What the handler says about each request, and what it never says."""

import json

import pytest

from backend.providers import PROVIDERS
from backend.verification import ByProvider, Trusted
from handler import events
from handler.fakes import ENVIRON, LOGIN, FakeContext, Handler

KEYS = {
    "timestamp",
    "level",
    "message",
    "request_id",
    "api_request_id",
    "version",
    "build",
    "route",
    "status",
    "duration_ms",
    "cold_start",
}


def test_a_request_is_one_line_of_json_with_these_keys(handler):
    handler.call("GET", "/health")
    text, _ = handler.lines  # and the metric of the cold start
    line = json.loads(text)
    assert "\n" not in text
    assert set(line) == KEYS
    assert line.pop("duration_ms") >= 0
    assert line == {
        "timestamp": "2026-11-24T06:00:00.000Z",
        "level": "INFO",
        "message": "GET /health 200",
        "request_id": FakeContext.aws_request_id,
        "api_request_id": "JKJaXmPLvHcESHA=",
        "version": "7",
        "build": "0123456789abcdef",
        "route": "GET /health",
        "status": 200,
        "cold_start": True,
    }


def test_a_cold_start_is_counted_once_and_by_environment_alone(handler):
    for _ in range(3):
        handler.call("GET", "/health")
    assert handler.counted == ["ColdStarts"]
    metric = json.loads(handler.lines[1])
    assert (metric["Environment"], metric["ColdStarts"]) == ("test", 1)
    assert metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Environment"]]


def test_only_the_first_request_is_a_cold_start(handler):
    handler.call("GET", "/nowhere")
    handler.call("GET", "/health")
    assert [line["cold_start"] for line in handler.requests_logged] == [True, False]


def test_a_container_started_ahead_of_its_requests_has_no_cold_start(dynamodb):
    handler = Handler(dynamodb, {**ENVIRON, "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"})
    handler.call("GET", "/health")
    assert handler.requests_logged[0]["cold_start"] is False


@pytest.mark.parametrize(
    ("method", "path", "route", "level"),
    [
        ("HEAD", "/health", "HEAD /health", "INFO"),
        ("OPTIONS", "/health", "OPTIONS /health", "INFO"),
        ("GET", "/secret/in/a/path", "unmatched", "WARNING"),
        ("SECRET", "/health", "/health", "WARNING"),
    ],
)
def test_a_route_in_the_log_is_never_the_clients_text(handler, method, path, route, level):
    handler.call(method, path)
    (line,) = handler.requests_logged
    assert (line["route"], line["level"]) == (route, level)
    assert "secret" not in json.dumps(line).lower()


def test_a_refusal_is_logged_with_its_reason_and_without_a_stack(handler):
    handler.call("POST", "/auth/session", {**LOGIN, "user_id": 5})
    (line,) = handler.requests_logged
    assert line["error"] == {
        "type": "invalid_field",
        "message": "user_id must be text of 1 to 256 printable characters",
        "stack": [],
    }


def test_the_level_keeps_lesser_lines_out_but_no_metric(dynamodb):
    handler = Handler(dynamodb, {**ENVIRON, "LOG_LEVEL": "warning"})
    handler.log_in()
    handler.call("GET", "/nowhere")
    assert [line["status"] for line in handler.requests_logged] == [404]
    assert handler.counted == ["SessionsCreated", "ColdStarts"]


def test_sessions_are_counted_by_environment_alone(handler):
    handler.call("GET", "/health")
    handler.lines.clear()
    session_id = handler.log_in()
    metric = json.loads(handler.lines[1])
    assert metric == {
        "_aws": {
            "Timestamp": int(handler.now * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "HybridCiCd",
                    "Dimensions": [["Environment"]],
                    "Metrics": [{"Name": "SessionsCreated", "Unit": "Count"}],
                }
            ],
        },
        "Environment": "test",
        "SessionsCreated": 1,
    }
    handler.lines.clear()
    handler.is_valid(session_id)
    handler.is_valid("x")
    handler.call("GET", "/auth/sessions", bearer=session_id)
    handler.call("GET", "/auth/sessions", bearer="x")
    handler.call("GET", "/auth/sessions")
    handler.call("GET", "/health")
    assert handler.counted == ["SessionsValidated", "SessionsRejected", "SessionsValidated", "SessionsRejected"]


@pytest.mark.parametrize("verifier", [Trusted(PROVIDERS), ByProvider({})])
@pytest.mark.parametrize("broken", [False, True])
def test_no_token_and_no_session_id_is_logged_stored_or_answered(dynamodb, verifier, broken):
    # Without a client every use of the store is a bug that raises: the worst that a log can be asked to show.
    handler = Handler(None if broken else dynamodb, {**ENVIRON, "LOG_LEVEL": "DEBUG"}, verifier)
    token = "ya29.very-secret"
    answers = [
        handler.call("POST", "/auth/session", LOGIN),
        handler.call("POST", "/auth/session", {**LOGIN, "user_id": None}),
        handler.call("POST", "/auth/session", {**LOGIN, "provider": token, "user_info": token}),
        handler.call("POST", "/auth/validate", {"session_id": token}),
        handler.call("GET", "/auth/sessions", bearer=token),
        handler.call("GET", f"/auth/{token}", query=[(token, token)]),
        handler.send(events.http_api(token, "/health", token, {token: token})),
        handler.send(events.http_api("POST", "/auth/session", json.dumps(LOGIN)[:-1])),
    ]
    assert handler.lines
    assert token not in "".join(handler.lines)
    assert token.upper() not in "".join(handler.lines)
    assert token not in "".join(answered.text for answered in answers)
    assert token not in str(dynamodb.table.scan(TableName=handler.store._table)["Items"])
    created = answers[0]
    if created.status == 201:
        assert created.body["session_id"] not in "".join(handler.lines)
