"""Fields that Logs Insights discovers in a log event: its own @fields, those of Lambda's lines, and JSON.

Source: AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

import re
from collections.abc import Iterator
from typing import Any

from hybridctl.log_json import read_object
from hybridctl.sandbox.cloud.insights.values import moment

_MOST_FIELDS = 200  # of one event
_MEGABYTE = 1_000_000  # Lambda reports its discovered memory fields in it
_PLATFORM = re.compile(r"(START|END|REPORT) RequestId: (\S+)")
_REPORTED = {
    "@duration": (re.compile(r"\tDuration: ([\d.]+) ms"), 1),
    "@billedDuration": (re.compile(r"Billed Duration: ([\d.]+) ms"), 1),
    "@initDuration": (re.compile(r"Init Duration: ([\d.]+) ms"), 1),
    "@memorySize": (re.compile(r"Memory Size: ([\d.]+) MB"), _MEGABYTE),
    "@maxMemoryUsed": (re.compile(r"Max Memory Used: ([\d.]+) MB"), _MEGABYTE),
}


def row(group: str, stream: str, event: dict[str, Any]) -> dict[str, Any]:
    """Return all fields of an event by name."""
    message = event["message"]
    found: dict[str, Any] = {
        "@timestamp": moment(event["timestamp"]),
        "@timestamp_ms": event["timestamp"],
        "@ingestionTime": moment(event.get("ingestionTime", event["timestamp"])),
        "@message": message,
        "@logStream": stream,
        "@log": group,
    }
    if platform := _PLATFORM.match(message):
        found |= {"@type": platform[1], "@requestId": platform[2]}
        for name, (pattern, size) in _REPORTED.items():
            if value := pattern.search(message):
                found[name] = float(value[1]) * size
    elif message.startswith("{"):
        found |= dict(_json_fields(message))
    return found


def _json_fields(message: str) -> Iterator[tuple[str, Any]]:
    for number, (name, value) in enumerate(_flat(read_object(message), "")):
        if number == _MOST_FIELDS:
            return
        yield name, value


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{number}")
    elif value is not None:
        yield name, value
