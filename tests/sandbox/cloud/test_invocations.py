"""Invocations: which code runs, what it sees, what it leaves in logs and metrics."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.cloud.functions import ECHO, Function, package, total

EMF = (
    '{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"%s","Dimensions":[["route"]],'
    '"Metrics":[{"Name":"created","Unit":"Count"}]}]},"route":"session","created":3}'
)


def test_versions_run_their_own_code_and_environment_at_the_same_time(function):
    one = function.publish()
    function.update("two")
    function.configure(Environment={"Variables": {"MARK": "second"}}, MemorySize=256)
    two = function.publish()
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda version: function.invoke({"sleep": 0.1}, version)["body"], [one, two] * 2))
    assert [(a["version"], a["code"], a["mark"], a["memory"]) for a in answers] == [
        ("1", "one", None, "128"),
        ("2", "two", "second", "256"),
    ] * 2


def test_the_context_names_the_alias_and_the_version_that_runs(function):
    function.alias("live", function.publish())
    answer = function.invoke({}, "live")
    assert answer["ExecutedVersion"] == "1"
    assert answer["body"]["arn"].endswith(f":function:{function.name}:live")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[1\][0-9a-f]{32}", answer["body"]["stream"])


def test_the_environment_holds_nothing_of_the_sandbox(function):
    seen = set(function.invoke()["body"]["environment"])
    assert {"AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "AWS_ENDPOINT_URL"} <= seen
    assert not seen & {"PERSIST_STATE", "STATE_DIR", "GATEWAY_PORT", "VIRTUAL_ENV", "HOME"}


def test_platform_lines_surround_the_functions_own_and_a_cold_start_reports_its_init(function):
    cold = function.invoke({"print": "hello"})
    warm = function.invoke({"print": "again"})
    events = function.log()
    texts = [event["message"] for event in events]
    assert [text.split(" ")[0].split("\t")[0] for text in texts] == [
        *("INIT_START", "START", "hello", "END", "REPORT"),
        *("START", "again", "END", "REPORT"),
    ]
    assert "Init Duration:" in texts[4]
    assert "Init Duration:" not in texts[-1]
    assert f"RequestId: {cold['body']['request_id']}\t" in texts[4]
    assert {event["logStreamName"] for event in events} == {warm["body"]["stream"]}


def test_a_version_after_the_first_is_started_ahead_and_its_first_invocation_reports_that(make_function):
    """The handler calls the test while it is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as caller:
        caller.settimeout(20)
        calling = f"import socket\nsocket.create_connection({caller.getsockname()}).close()\nprint('loaded')\n{ECHO}"
        function = make_function(Code={"ZipFile": package(source=calling)})
        function.publish()
        function.configure(MemorySize=256)
        second = function.publish()
        caller.accept()[0].close()
        function.invoke({}, second)
        function.invoke({}, second)
        caller.settimeout(0)
        with pytest.raises(BlockingIOError):  # neither the first version nor the invocations
            caller.accept()
    texts = [event["message"] for event in function.log()]
    words = [text.split()[0] for text in texts]
    assert words == [*("INIT_START", "loaded", "START", "END", "REPORT"), *("START", "END", "REPORT")]
    assert ["Init Duration" in text for text in texts if text.startswith("REPORT")] == [True, False]


def test_a_start_ahead_that_fails_is_left_to_the_invocation(make_function):
    function = make_function()
    function.publish()
    function.client.update_function_code(FunctionName=function.name, ZipFile=package(source="import nowhere"))
    function.wait()
    second = function.publish()
    assert function.invoke({}, second)["body"]["errorType"] == "Runtime.ImportModuleError"
    assert sum(event["message"].startswith("INIT_START") for event in function.log()) == 1


def test_an_error_is_reported_as_lambda_reports_it_and_the_environment_stays_warm(function):
    before = function.invoke()["body"]["stream"]
    failed = function.invoke({"raise": "broken"})
    assert failed["StatusCode"] == 200
    assert failed["FunctionError"] == "Unhandled"
    assert failed["body"]["errorType"] == "ValueError"
    assert failed["body"]["errorMessage"] == "broken"
    assert '"/var/task/backend/entry.py"' in failed["body"]["stackTrace"][0]
    assert function.invoke()["body"]["stream"] == before
    [logged] = [event["message"] for event in function.log() if event["message"].startswith("[ERROR]")]
    assert logged.startswith("[ERROR] ValueError: broken\rTraceback (most recent call last):\r")


def test_a_function_that_takes_too_long_is_ended_and_the_next_one_starts_cold(make_function):
    function = make_function(Timeout=1)
    before = function.invoke()["body"]["stream"]
    late = function.invoke({"sleep": 5})
    assert late["body"]["errorType"] == "Sandbox.Timedout"
    assert late["body"]["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert function.invoke()["body"]["stream"] == before
    assert sum("Init Duration" in event["message"] for event in function.log()) == 2


def test_a_handler_that_cannot_be_imported_is_named(make_function):
    function = make_function(Code={"ZipFile": package(source="import nowhere")})
    assert function.invoke()["body"]["errorType"] == "Runtime.ImportModuleError"


def test_each_invocation_is_counted_once_under_each_dimension_set(sandbox, function):
    function.alias("live", function.publish())
    for event in ({}, {}, {"raise": "x"}):
        function.invoke(event, "live")
    name, resource = function.name, f"{function.name}:live"
    sets = (
        {"FunctionName": name},
        {"FunctionName": name, "Resource": resource},
        {"FunctionName": name, "Resource": resource, "ExecutedVersion": "1"},
    )
    for dimensions in sets:
        assert total(sandbox, "AWS/Lambda", "Invocations", **dimensions) == 3
        assert total(sandbox, "AWS/Lambda", "Errors", **dimensions) == 1
        assert total(sandbox, "AWS/Lambda", "Throttles", **dimensions) == 0
        assert total(sandbox, "AWS/Lambda", "Duration", "SampleCount", **dimensions) == 3
        assert total(sandbox, "AWS/Lambda", "ConcurrentExecutions", "Maximum", **dimensions) == 1


def test_reserved_concurrency_holds_for_an_alias_too_and_a_throttle_is_not_an_invocation(sandbox, api):
    function: Function = api.function
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    assert api.request("/health").status_code == 503
    assert total(sandbox, "AWS/Lambda", "Throttles", FunctionName=function.name) == 1
    assert total(sandbox, "AWS/Lambda", "Invocations", FunctionName=function.name) is None


def test_an_emf_line_becomes_a_metric(sandbox, function):
    from time import time

    function.invoke({"print": EMF % (time() * 1000, function.name)})
    assert total(sandbox, function.name, "created", route="session") == 3
