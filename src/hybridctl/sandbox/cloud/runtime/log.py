"""What an invocation leaves in CloudWatch Logs: platform lines around its own, in its environment's stream."""

import math
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.runtime.environment import Invocation

PARTS = (
    "_append_log_events",
    "_create_log_group",
    "_create_log_stream",
    "_fanout_to_live_tail_sessions",
    "_fanout_to_subscription_filters",
    "_log_groups",
    "new_uuid",
)


def events(config: dict[str, Any], done: Invocation) -> list[tuple[float, str]]:
    """(epoch seconds, text) in the order in which Lambda writes them."""
    version = config.get("Version", "$LATEST")
    # A line is read by another thread than the answer, sometimes a little later: it was written before all the same.
    ended = max(done.began + done.duration_ms / 1000, *(at for at, _ in done.lines), done.began)
    lines = []
    if done.init_ms is not None:
        initiated = done.began - done.init_ms / 1000
        lines = [(initiated, f"INIT_START Runtime Version: {config.get('Runtime')}.sandbox"), *done.init]
    return [
        *lines,
        (done.began, f"START RequestId: {done.request_id} Version: {version}"),
        *done.lines,
        (ended, f"END RequestId: {done.request_id}"),
        (ended, report(config, done)),
    ]


def report(config: dict[str, Any], done: Invocation) -> str:
    """The REPORT line; a cold start's init is billed with the rest."""
    billed = math.ceil(done.duration_ms + (done.init_ms or 0))
    parts = [
        f"REPORT RequestId: {done.request_id}",
        f"Duration: {done.duration_ms:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {config.get('MemorySize', 128)} MB",
        f"Max Memory Used: {done.memory_mb} MB",
    ]
    if done.init_ms is not None:
        parts.append(f"Init Duration: {done.init_ms:.2f} ms")
    return "\t".join(parts) + "\t"


def write(config: dict[str, Any], stream: str, lines: list[tuple[float, str]]) -> None:
    """Append to the function's log group, made on the first write as AWS does."""
    name = config["FunctionName"]
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    append(group, stream, lines)


def append(group_name: str, stream_name: str, lines: list[tuple[float, str]]) -> None:
    """Append lines to a stream of the request's account and region, making group and stream where they are missing."""
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
