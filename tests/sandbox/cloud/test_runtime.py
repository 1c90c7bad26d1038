"""The runtime's answers, held to what AWS's runtime client gave under AWS's Runtime Interface Emulator.

Recorded with awslambdaric 4.2.2 on Python 3.13 and the emulator's version v0.0.0-20261030222936-bef5c4ba774d.
"""

import json
import re
import time

import pytest

from hybridctl.sandbox.cloud.runtime import environment
from sandbox.cloud.environments import local_environments
from sandbox.cloud.functions import package

PROBE = r"""
import decimal, json, logging, os, sys, threading, time
print("import print")
logging.getLogger().setLevel(logging.INFO)
calls = 0
def handle(event, context):
    global calls
    calls += 1
    return CASES[event["case"]](event, context)
def fail(event, context):
    raise ValueError("boom \u00e9")
def interrupt(event, context):
    raise KeyboardInterrupt("stop")
def say(event, context):
    print("before the fault")
    time.sleep(event.get("seconds", 0))
    if "exit" in event:
        os._exit(event["exit"])
    return "said"
def log(event, context):
    logging.warning("warn %s", "w")
    print("multi\nline")
    sys.stdout.write("no newline ")
    sys.stderr.write("to stderr\n")
    print("a\0b")
    print("\0" + context.aws_request_id)
    return "logged"
def write(event, context):
    answers = {}
    for folder in (".", "/var/task", "/tmp", "/etc"):
        try:
            open(os.path.join(folder, "w.txt"), "w").write("x")
            answers[folder] = "ok"
        except OSError as error:
            answers[folder] = type(error).__name__
    return answers
def find(event, context):
    import importlib.util
    return [name for name in event["names"] if importlib.util.find_spec(name)]
async def later():
    return 1
CASES = {
    "fail": fail, "interrupt": interrupt, "say": say, "log": log, "write": write, "find": find,
    "count": lambda e, c: calls,
    "exit": lambda e, c: sys.exit(3),
    "abort": lambda e, c: os.abort(),
    "large": lambda e, c: "x" * e["size"],
    "bytes": lambda e, c: b"abc",
    "decimal": lambda e, c: {"d": decimal.Decimal("1.10"), "e": decimal.Decimal("5")},
    "set": lambda e, c: {1, 2},
    "nan": lambda e, c: {"x": float("nan"), "y": float("inf")},
    "keys": lambda e, c: {1: 2, None: 3},
    "none": lambda e, c: None,
    "surrogate": lambda e, c: {"s": "\ud83d"},
    "coroutine": lambda e, c: later(),
    "identity": lambda e, c: [c.identity.cognito_identity_id, c.tenant_id, c.client_context],
    "memory": lambda e, c: len(bytearray(e["megabytes"] << 20)),
    "python": lambda e, c: list(sys.version_info[:2]),
    "environment": lambda e, c: dict(os.environ),
}
"""


@pytest.fixture(scope="module")
def probe(sandbox):
    from sandbox.cloud.functions import Function

    return Function(sandbox, Code={"ZipFile": package(source=PROBE)}, Timeout=3, MemorySize=256)


def ask(function, case, **more):
    answer = function.client.invoke(FunctionName=function.name, Payload=json.dumps({"case": case, **more}))
    return answer.get("FunctionError"), answer["Payload"].read().decode()


@pytest.mark.parametrize(
    ("case", "payload"),
    [
        ("bytes", "abc"),
        ("decimal", '{"d": 1.10, "e": 5}'),
        ("nan", '{"x": NaN, "y": Infinity}'),
        ("keys", '{"1": 2, "null": 3}'),
        ("none", "null"),
        ("identity", "[null, null, null]"),
    ],
)
def test_an_answer_is_encoded_as_on_lambda(probe, case, payload):
    assert ask(probe, case) == (None, payload)


@pytest.mark.parametrize(
    ("case", "kind", "message"),
    [
        ("fail", "ValueError", "boom \u00e9"),
        ("set", "Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON serializable"),
        (
            "coroutine",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type coroutine is not JSON serializable",
        ),
    ],
)
def test_a_failure_of_the_code_leaves_the_environment_warm(probe, case, kind, message):
    before = int(ask(probe, "count")[1])
    error, payload = ask(probe, case)
    answer = json.loads(payload)
    assert (error, answer["errorType"], answer["errorMessage"]) == ("Unhandled", kind, message)
    assert int(ask(probe, "count")[1]) == before + 2


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"case": "exit"}, "Runtime exited with error: exit status 3"),
        ({"case": "say", "exit": 0}, "Runtime exited without providing a reason"),
        ({"case": "say", "exit": 7}, "Runtime exited with error: exit status 7"),
        ({"case": "abort"}, "Runtime exited with error: signal: aborted"),
        ({"case": "interrupt"}, "Runtime exited with error: signal: interrupt"),
        ({"case": "surrogate"}, "Runtime exited with error: exit status 1"),
        ({"case": "memory", "megabytes": 400}, "Runtime exited with error: signal: killed"),
    ],
)
def test_a_process_that_ends_is_named_by_its_reason_and_the_next_one_starts_cold(probe, event, reason):
    error, payload = ask(probe, **event)
    answer = json.loads(payload)
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith(f" Error: {reason}")
    assert ask(probe, "count") == (None, "1")


def test_an_answer_may_have_six_megabytes_and_not_more(probe):
    assert len(ask(probe, "large", size=6_291_400)[1]) == 6_291_402
    error, payload = ask(probe, "large", size=6_291_555)
    assert error == "Unhandled"
    assert json.loads(payload) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }


@pytest.mark.parametrize("event", [{"seconds": 5}, {"exit": 1}])
def test_output_before_a_timeout_or_a_crash_is_in_the_log(make_function, event):
    function = make_function(Code={"ZipFile": package(source=PROBE)}, Timeout=1)
    ask(function, "say", **event)
    assert "before the fault" in [each["message"] for each in function.log()]


def test_output_is_in_the_log_while_the_function_runs(make_function):
    from threading import Thread

    function = make_function(Code={"ZipFile": package(source=PROBE)}, Timeout=20)
    running = Thread(target=ask, args=(function, "say"), kwargs={"seconds": 4})
    running.start()
    deadline = time.monotonic() + 30
    while not any(each["message"] == "before the fault" for each in _log_so_far(function)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert running.is_alive()
    running.join()


def _log_so_far(function):
    try:
        return function.log()
    except function.sandbox.client("logs").exceptions.ResourceNotFoundException:
        return []


def test_each_line_is_an_event_and_no_text_ends_an_invocation(probe):
    ask(probe, "count")
    started = len(probe.log())
    ask(probe, "log")
    texts = [each["message"] for each in probe.log()[started:]]
    own = [text for text in texts if not text.startswith(("START", "END", "REPORT"))]
    assert re.match(r"\[WARNING\]\t\d{4}-\d\d-\d\dT[\d:.]+Z\t[\w-]{36}\twarn w$", own[0])
    assert own[1:5] == ["multi", "line", "no newline to stderr", "a\0b"]
    assert own[5].startswith("\0")


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        ("import nowhere", "backend.entry.handle", "Runtime.ImportModuleError", "No module named 'nowhere'"),
        ("import typer", "backend.entry.handle", "Runtime.ImportModuleError", "No module named 'typer'"),
        ("import hybridctl", "backend.entry.handle", "Runtime.ImportModuleError", "No module named 'hybridctl'"),
        ("raise ValueError('bad setting')", "backend.entry.handle", "ValueError", "bad setting"),
        ("def handle(e, c)", "backend.entry.handle", "Runtime.UserCodeSyntaxError", "Syntax error in module"),
        ("x = 1", "backend.entry.handle", "Runtime.HandlerNotFound", "Handler 'handle' missing on module"),
        ("x = 1", "entry", "Runtime.MalformedHandlerName", "Bad handler 'entry'"),
    ],
)
def test_a_package_that_cannot_be_loaded_is_named_each_time(make_function, source, handler, kind, message):
    function = make_function(Code={"ZipFile": package(source=source)}, Handler=handler)
    for _ in range(2):
        answer = function.invoke()["body"]
        assert answer["errorType"] == kind
        assert message in answer["errorMessage"]


def test_a_function_sees_the_packages_of_the_runtime_and_no_others(probe):
    names = ["boto3", "botocore", "urllib3", "rich", "hybridctl", "ministack", "grpc", "pip", "yaml", "uvicorn"]
    assert json.loads(ask(probe, "find", names=names)[1]) == ["boto3", "botocore", "urllib3"]


def test_code_is_read_only_and_tmp_belongs_to_one_environment(probe, tmp_path):
    import os
    import sys

    answers = json.loads(ask(probe, "write")[1])
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("needs mount namespaces: Linux, as root")
    tmp = "/tmp"  # noqa: S108 - it is what is tested
    assert answers == {".": "OSError", "/var/task": "OSError", tmp: "ok", "/etc": "OSError"}
    assert not os.path.exists(f"{tmp}/w.txt")


def test_a_function_runs_on_the_configured_python_where_the_machine_has_it(make_function):
    import os

    from hybridctl.sandbox.interpreters import find_python

    for minor in (11, 12, 13):
        if find_python(f"python3.{minor}", os.environ) is None:
            continue
        function = make_function(Code={"ZipFile": package(source=PROBE)}, Runtime=f"python3.{minor}")
        assert json.loads(ask(function, "python")[1]) == [3, minor]


def test_init_has_its_limit_and_then_runs_again_within_the_functions_timeout(tmp_path):
    assert environment.INIT_SECONDS == 10
    texts = []
    with local_environments(tmp_path) as make:
        slow = make(source="import time\ntime.sleep(60)\n" + PROBE, init_seconds=0.3, Timeout=1)
        done = slow.invoke(
            {"case": "count"}, "id", arn="arn", write=lambda lines: texts.extend(text for _, text in lines)
        )
    assert done.answer["errorType"] == "Sandbox.Timedout"
    assert done.duration_ms == 1000
    [report] = [text for text in texts if text.startswith("INIT_REPORT")]
    assert report.endswith("Phase: init\tStatus: timeout")


def test_json_logging_writes_platform_records_and_the_functions_own(make_function):
    function = make_function(
        Code={"ZipFile": package(source=PROBE)}, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}
    )
    ask(function, "log")
    texts = [each["message"] for each in function.log()]
    records = [json.loads(text) for text in texts if text.startswith("{")]
    assert [each["type"] for each in records if "type" in each] == [
        *("platform.initStart", "platform.start", "platform.report"),
    ]
    assert records[-1]["record"]["status"] == "success"
    assert [each["message"] for each in records if each.get("level") == "WARNING"] == ["warn w"]
