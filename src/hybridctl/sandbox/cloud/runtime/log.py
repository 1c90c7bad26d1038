"""Write an invocation's log to CloudWatch Logs: the platform's lines around its own, in its environment's stream.

Source of both formats: lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html and telemetry-schema-reference.html.
"""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.roles import role_allows
from hybridctl.sandbox.home import ACCOUNT, REGION

if TYPE_CHECKING:
    from hybridctl.sandbox.cloud.runtime.environment import RuntimeInvocation

PARTS = (
    "_append_log_events",
    "_create_log_group",
    "_create_log_stream",
    "_fanout_to_live_tail_sessions",
    "_fanout_to_subscription_filters",
    "_log_groups",
    "new_uuid",
)
Lines = list[tuple[float, str]]


def init_start(config: dict[str, Any]) -> Lines:
    now, runtime = time.time(), f"{config.get('Runtime')}.sandbox"
    record = {
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": runtime,
        "functionName": config.get("FunctionName"),
        "functionVersion": config.get("Version", "$LATEST"),
    }
    return _line(config, now, f"INIT_START Runtime Version: {runtime}", "initStart", record)


def init_report(config: dict[str, Any], done: "RuntimeInvocation", phase: str, status: str, error: str = "") -> Lines:
    duration = round(done.init_ms or 0, 2)
    text = f"INIT_REPORT Init Duration: {duration:.2f} ms\tPhase: {phase}\tStatus: {status}"
    record: dict[str, Any] = {
        "initializationType": "on-demand",
        "phase": phase,
        "status": status,
        "metrics": {"durationMs": duration},
    }
    if error:
        text += f"\tError Type: {error}"
        record["errorType"] = error
    return _line(config, time.time(), text, "initReport", record)


def start(config: dict[str, Any], done: "RuntimeInvocation") -> Lines:
    version = config.get("Version", "$LATEST")
    record = {"requestId": done.request_id, "version": version}
    return _line(config, done.began, f"START RequestId: {done.request_id} Version: {version}", "start", record)


def timeout_lines(config: dict[str, Any], done: "RuntimeInvocation", message: str) -> Lines:
    """Return the line that reports a timeout; the JSON format reports it only in `platform.report`."""
    now = time.time()
    at = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
    return [] if _is_json(config) else [(now, f"{at}Z {done.request_id} {message}")]


def end(config: dict[str, Any], done: "RuntimeInvocation") -> Lines:
    """Return END and REPORT; a cold start's init is billed too."""
    now = time.time()
    text = [
        f"REPORT RequestId: {done.request_id}",
        f"Duration: {done.duration_ms:.2f} ms",
        f"Billed Duration: {done.billed_ms} ms",
        f"Memory Size: {config.get('MemorySize', 128)} MB",
        f"Max Memory Used: {done.memory_mb} MB",
    ]
    metrics = {
        "durationMs": round(done.duration_ms, 3),
        "billedDurationMs": done.billed_ms,
        "memorySizeMB": config.get("MemorySize", 128),
        "maxMemoryUsedMB": done.memory_mb,
    }
    if done.init_ms is not None:
        text.append(f"Init Duration: {done.init_ms:.2f} ms")
        metrics["initDurationMs"] = round(done.init_ms, 3)
    if done.status == "timeout":
        text.append("Status: timeout")
    elif done.is_error and done.answer.get("errorType") == "Runtime.ExitError":
        text.append("Status: error\tError Type: Runtime.ExitError")
    record = {"requestId": done.request_id, "metrics": metrics, "status": done.status}
    closing = [] if _is_json(config) else [(now, f"END RequestId: {done.request_id}")]
    return [*closing, *_line(config, now, "\t".join(text) + "\t", "report", record)]


def _line(config: dict[str, Any], at: float, text: str, kind: str, record: dict[str, Any]) -> Lines:
    if not _is_json(config):
        return [(at, text)]
    moment = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    return [(at, json.dumps({"time": moment, "type": f"platform.{kind}", "record": record}, separators=(",", ":")))]


def _is_json(config: dict[str, Any]) -> bool:
    return (config.get("LoggingConfig") or {}).get("LogFormat") == "JSON"


def write(config: dict[str, Any], stream: str, lines: list[tuple[float, str]]) -> None:
    """Append to the function's log group.

    Lambda creates a missing group with the function's role. Without logs:CreateLogGroup it stays missing and the lines
    are lost (docs: lambda/latest/dg/monitoring-cloudwatchlogs.html).
    """
    name = config["FunctionName"]
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    if group in emulator.service("cloudwatch_logs", *PARTS)["_log_groups"] or may_create_group(config, group):
        append(group, stream, lines)


def may_create_group(config: dict[str, Any], group: str) -> bool:
    """Return whether the function's role may create its log group."""
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    return role_allows(str(config.get("Role", "")), "logs:CreateLogGroup", arn)


def append(group_name: str, stream_name: str, lines: list[tuple[float, str]]) -> None:
    """Append lines to a stream of the request's account and region, creating group and stream if needed."""
    logs = emulator.service("cloudwatch_logs", *PARTS)
    now = int(max((at for at, _ in lines), default=0) * 1000)
    if group_name not in logs["_log_groups"]:
        logs["_create_log_group"]({"logGroupName": group_name})
    streams = logs["_log_groups"][group_name]["streams"]
    if stream_name not in streams:
        logs["_create_log_stream"]({"logGroupName": group_name, "logStreamName": stream_name})
    stored = [
        {"timestamp": int(at * 1000), "message": text, "ingestionTime": now, "eventId": logs["new_uuid"]()}
        for at, text in lines
    ]
    logs["_append_log_events"](streams[stream_name], stored)
    logs["_fanout_to_subscription_filters"](group_name, stream_name, stored)
    logs["_fanout_to_live_tail_sessions"](group_name, stream_name, stored)
