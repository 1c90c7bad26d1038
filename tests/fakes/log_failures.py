"""What Lambda, its Python runtime and Powertools write when a request or a start fails, as text and as JSON.

Sources: lambda/latest/dg/telemetry-schema-reference.html, lambda/latest/dg/python-exceptions.html,
docs.aws.amazon.com/powertools/python/latest/core/logger. Each failure is one request of its own.
"""

import json
from datetime import datetime, timedelta

from fakes.clock import NOON
from fakes.log_lines import request_id, request_line
from fakes.logs import event
from hybridctl.domain.logs.events import LogEvent

ID = request_id(5)
_REPORTED = "Duration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 512 MB\tMax Memory Used: 91 MB"
_STACK = '  File "/var/task/app.py", line 3, in handler\r    raise ValueError("boom")'


def _platform(kind: str, **record: object) -> str:
    return json.dumps({"time": "2026-03-01T12:00:00.000Z", "type": f"platform.{kind}", "record": record})


def _report(status: str, error: str | None = None) -> str:
    metrics = {"durationMs": 3000.0, "billedDurationMs": 3000, "memorySizeMB": 512, "maxMemoryUsedMB": 91}
    named = {"errorType": error} if error else {}
    return _platform("report", requestId=ID, metrics=metrics, status=status, **named)


def _init_report(status: str, error: str | None = None) -> str:
    named = {"errorType": error} if error else {}
    return _platform(
        "initReport",
        initializationType="on-demand",
        phase="init",
        status=status,
        metrics={"durationMs": 9999.84},
        **named,
    )


# By name: what is written, and what must be said of it: the type of the error, and words of what is shown.
FAILURES: dict[str, tuple[list[str], str, str]] = {
    "text timeout": (
        [
            f"2026-03-01T12:00:03.000Z {ID} Task timed out after 3.00 seconds",
            f"REPORT RequestId: {ID}\t{_REPORTED}\tStatus: timeout",
        ],
        "timed out",
        "Task timed out after 3.00 seconds",
    ),
    "text timeout by its REPORT alone": (
        [f"REPORT RequestId: {ID}\t{_REPORTED}\tStatus: timeout"],
        "timeout",
        "REPORT RequestId",
    ),
    "text out of memory": (
        [f"REPORT RequestId: {ID}\t{_REPORTED}\tStatus: error\tError Type: Runtime.OutOfMemory"],
        "Runtime.OutOfMemory",
        "REPORT RequestId",
    ),
    "text killed": (
        [f"RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"],
        "Runtime.ExitError",
        "signal: killed",
    ),
    "text missing module": (
        ["[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'jwt'\rTraceback (most "],
        "Runtime.ImportModuleError",
        "No module named 'jwt'",
    ),
    "text uncaught exception": (
        [f"[ERROR] ValueError: boom\rTraceback (most recent call last):\r{_STACK}"],
        "ValueError",
        "boom",
    ),
    "text start timed out": (
        ["INIT_REPORT Init Duration: 9999.84 ms\tPhase: init\tStatus: timeout"],
        "timeout",
        "INIT_REPORT",
    ),
    "text start failed": (
        ["INIT_REPORT Init Duration: 229.04 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError"],
        "Runtime.ImportModuleError",
        "INIT_REPORT",
    ),
    "text logged error": ([f"[ERROR]\t2026-03-01T12:00:00.000Z\t{ID}\tthe table is gone"], "", "the table is gone"),
    "JSON timeout": ([_report("timeout")], "timeout", "platform.report"),
    "JSON out of memory": ([_report("error", "Runtime.OutOfMemory")], "Runtime.OutOfMemory", "platform.report"),
    "JSON failure": ([_report("failure", "Runtime.Unknown")], "Runtime.Unknown", "platform.report"),
    "JSON start timed out": ([_init_report("timeout")], "timeout", "platform.initReport"),
    "JSON start failed": (
        [_init_report("error", "Runtime.ImportModuleError")],
        "Runtime.ImportModuleError",
        "platform.initReport",
    ),
    "JSON fault": (
        [json.dumps({"type": "platform.fault", "record": f"RequestId: {ID} Error: signal: killed Runtime.ExitError"})],
        "Runtime.ExitError",
        "signal: killed",
    ),
    "JSON uncaught exception": (
        [
            json.dumps(
                {
                    "timestamp": "2026-03-01T12:00:00Z",
                    "log_level": "ERROR",
                    "errorType": "ValueError",
                    "errorMessage": "boom",
                    "requestId": ID,
                    "stackTrace": _STACK.split("\r"),
                }
            )
        ],
        "ValueError",
        "boom",
    ),
    "Powertools exception": (
        [
            json.dumps(
                {
                    "level": "ERROR",
                    "location": "handler:7",
                    "message": "cannot pay",
                    "function_request_id": ID,
                    "cold_start": False,
                    "exception": f"Traceback (most recent call last):\n{_STACK}\nValueError: boom",
                    "exception_name": "ValueError",
                }
            )
        ],
        "ValueError",
        "cannot pay",
    ),
    "handled 503": (
        [request_line(NOON, 5, status=503, error={"type": "Throttled", "message": "the table is busy"})],
        "Throttled",
        "the table is busy",
    ),
}


def failure(name: str, at: datetime) -> list[LogEvent]:
    """The events of one failure, a millisecond apart."""
    return [
        event(at + timedelta(milliseconds=number), text, key=f"{name}.{number}")
        for number, text in enumerate(FAILURES[name][0])
    ]
