"""What CloudWatch Logs keeps of the function: events as they come, and each one understood."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

LEVELS = {"TRACE": 0, "DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "CRITICAL": 50, "FATAL": 50}

_PLATFORM = re.compile(r"(START|END|REPORT) RequestId: (\S+)")
_REPORT_FIELD = re.compile(r"([A-Z][A-Za-z ]+): ([^\t\n]+)")
_STREAM_VERSION = re.compile(r"\[([^\]/]+)\]")
_PREFIXED = re.compile(r"\[([A-Z]+)\]\t\S+\t([0-9a-f-]{36})?\t?")  # how Lambda's own logging formats a record
_TIMED_OUT = re.compile(r"\S+ ([0-9a-f-]{36}) Task timed out after")
_FAULT = re.compile(
    r"Traceback \(most recent call last\)|Task timed out after|Runtime\.ExitError|^\w*(?:Error|Exception): "
)


@unique
class Kind(StrEnum):
    """What a line is.

    `REQUEST` is the handler's one JSON line for each request, `METRICS` an embedded metric (EMF), `ACCESS` a line of
    the API's access log.
    """

    START = "start"
    END = "end"
    REPORT = "report"
    INIT = "init"
    REQUEST = "request"
    METRICS = "metrics"
    ACCESS = "access"
    RECORD = "record"  # any other JSON object
    TEXT = "text"


PLATFORM = frozenset({Kind.START, Kind.END, Kind.REPORT, Kind.INIT})


class LogEvent(NamedTuple):
    """One event: its own time, when CloudWatch took it in, and the text, of which nothing is known to be harmless.

    A tuple, as a line is, because hundreds of thousands are made in one search: a frozen dataclass takes three times
    as long to make.
    """

    id: str
    time: datetime
    ingested: datetime
    stream: str
    message: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """One answer; `token` asks for the next, also after an empty page. `answered` is the server's own time."""

    events: Sequence[LogEvent]
    token: str | None = None
    answered: datetime | None = None


class Line(NamedTuple):
    """An event and what it says; `late` when it is older than a line that was shown before it."""

    event: LogEvent
    kind: Kind
    level: str
    request_id: str | None = None
    version: str | None = None
    fields: Mapping[str, Any] = MappingProxyType({})
    late: bool = False


def unread(event: LogEvent, *, late: bool = False) -> Line:
    """The event as a line of which nothing is known, for whom its text is enough."""
    return Line(event, Kind.TEXT, "INFO", late=late)


def understand(event: LogEvent, *, late: bool = False) -> Line:
    """What an event says, whatever it holds: text that cannot be read any closer is TEXT."""
    version = _version_in(event.stream)
    message = event.message
    if message.startswith("{"):
        try:
            found = json.loads(message)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return _record(event, found, version, late)
    if platform := _PLATFORM.match(message):
        kind = Kind(platform[1].lower())
        fields = dict(_REPORT_FIELD.findall(message))
        fault = kind is Kind.REPORT and fields.get("Status", "success").strip() not in ("success", "")
        version = version or (fields.get("Version") or "").strip() or None
        report = report_fields(fields) if kind is Kind.REPORT else {}
        return Line(event, kind, "ERROR" if fault else "INFO", platform[2], version, report, late)
    if message.startswith("INIT_START "):
        return Line(event, Kind.INIT, "INFO", None, version, {}, late)
    if message.startswith("INIT_REPORT "):
        return Line(event, Kind.INIT, "ERROR" if "Status: " in message else "INFO", None, version, {}, late)
    return _text(event, version, late)


@lru_cache(maxsize=256)
def _version_in(stream: str) -> str | None:
    found = _STREAM_VERSION.search(stream)
    return found[1] if found else None


def _text(event: LogEvent, version: str | None, late: bool) -> Line:
    request_id = None
    level = "INFO"
    if prefixed := _PREFIXED.match(event.message):
        level, request_id = prefixed[1], prefixed[2]
    elif _FAULT.search(event.message):
        level = "ERROR"
        if timed_out := _TIMED_OUT.match(event.message):
            request_id = timed_out[1]
    return Line(event, Kind.TEXT, level if level in LEVELS else "INFO", request_id, version, {}, late)


def _record(event: LogEvent, found: dict[str, Any], version: str | None, late: bool) -> Line:
    if "_aws" in found:
        return Line(event, Kind.METRICS, "INFO", None, version, found, late)
    if str(found.get("type", "")).startswith("platform."):
        return _platform_record(event, found, version, late)
    level = str(found.get("level", found.get("log_level", "INFO"))).upper()
    request_id = found.get("request_id", found.get("requestId", found.get("AWSRequestId")))
    status = found.get("status")
    handled = "route" in found and isinstance(status, int) and not isinstance(status, bool)
    return Line(
        event,
        Kind.REQUEST if handled else Kind.RECORD,
        level if level in LEVELS else "INFO",
        request_id if isinstance(request_id, str) and request_id else None,
        version or (str(found["version"]) if found.get("version") else None),
        found,
        late,
    )


def _platform_record(event: LogEvent, found: dict[str, Any], version: str | None, late: bool) -> Line:
    """One of Lambda's own lines in its JSON log format.

    docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
    """
    record = found.get("record")
    record = record if isinstance(record, dict) else {}
    metrics = record.get("metrics")
    metrics = metrics if isinstance(metrics, dict) else {}
    kinds = {"platform.start": Kind.START, "platform.runtimeDone": Kind.END, "platform.report": Kind.REPORT}
    kind = kinds.get(str(found["type"]), Kind.INIT)
    status = record.get("status", "success")
    names = ("durationMs", "billedDurationMs", "initDurationMs", "maxMemoryUsedMB", "memorySizeMB")
    ours = ("duration_ms", "billed_ms", "init_ms", "memory_used_mb", "memory_size_mb")
    fields: dict[str, Any] = {ours[at]: metrics[name] for at, name in enumerate(names) if name in metrics}
    if kind is Kind.REPORT and status != "success":
        fields["fault"] = str(status)
    request_id = record.get("requestId")
    version = version or (str(record["version"]) if record.get("version") else None)
    level = "ERROR" if kind is not Kind.END and status != "success" else "INFO"
    return Line(event, kind, level, str(request_id) if request_id else None, version, fields, late)


def report_fields(found: Mapping[str, str]) -> dict[str, Any]:
    """The numbers of a REPORT line: milliseconds and MB; `fault` when the invocation did not end well."""
    names = {
        "Duration": "duration_ms",
        "Billed Duration": "billed_ms",
        "Init Duration": "init_ms",
        "Max Memory Used": "memory_used_mb",
        "Memory Size": "memory_size_mb",
    }
    fields: dict[str, Any] = {}
    for name, ours in names.items():
        try:
            fields[ours] = float(found[name].split()[0])
        except (KeyError, ValueError, IndexError):
            continue
    status = found.get("Status", "success").strip()
    if status not in ("success", ""):
        fields["fault"] = status
    return fields
