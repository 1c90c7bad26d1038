"""The function's events in CloudWatch Logs, raw and parsed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from hybridctl.log_json import finite, read_object

LEVELS = {"TRACE": 0, "DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "CRITICAL": 50, "FATAL": 50}

# Names of the same field in the logs of our handler, Lambda's runtimes, and Powertools for AWS Lambda.
# https://docs.aws.amazon.com/powertools/python/latest/core/logger/#standard-structured-keys
_REQUEST_ID_FIELDS = ("request_id", "function_request_id", "requestId", "AWSRequestId")
_LEVEL_FIELDS = ("level", "log_level", "logLevel")

_PLATFORM = re.compile(r"(START|END|REPORT) RequestId: (\S+)")
_REPORT_FIELD = re.compile(r"([A-Z][A-Za-z ]+): ([^\t\n]+)")
_STREAM_VERSION = re.compile(r"\[([^\]/]+)\]")
_PREFIXED = re.compile(r"\[([A-Z]+)\]\t\S+\t([0-9a-f-]{36})?\t?")  # the format of Lambda's own logging
_UNFINISHED = re.compile(r"\S+ ([0-9a-f-]{36}) Task timed out after|RequestId: ([0-9a-f-]{36}) Error: ")
_FAULT = re.compile(
    r"Traceback \(most recent call last\)|Task timed out after|Runtime\.ExitError|^\[ERROR\] |^\w*(?:Error|Exception): "
)


@unique
class LineKind(StrEnum):
    """The kind of a log line.

    `REQUEST` is the handler's JSON line for each request, `METRICS` an embedded metric (EMF), `ACCESS` a line of the
    API's access log.
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


PLATFORM = frozenset({LineKind.START, LineKind.END, LineKind.REPORT, LineKind.INIT})


class LogEvent(NamedTuple):
    """A log event: its own time, the time of its ingestion, and its text, which may contain anything.

    It is a tuple, like Line, because one search creates hundreds of thousands: a frozen dataclass takes three times as
    long to create.
    """

    id: str
    time: datetime
    ingested: datetime
    stream: str
    message: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of events. `token` requests the next page, also after an empty page. `answered` is the server's time."""

    events: Sequence[LogEvent]
    token: str | None = None
    answered: datetime | None = None


class Line(NamedTuple):
    """A parsed event. `late` is true if it is older than a line that was shown before it."""

    event: LogEvent
    kind: LineKind
    level: str
    request_id: str | None = None
    version: str | None = None
    fields: Mapping[str, Any] = MappingProxyType({})
    late: bool = False


def unread(event: LogEvent, *, late: bool = False) -> Line:
    """Return the event as an unparsed line, for callers that only need its text."""
    return Line(event, LineKind.TEXT, "INFO", late=late)


def understand(event: LogEvent, *, late: bool = False) -> Line:
    """Parse an event. Never raises; text that cannot be parsed further becomes TEXT."""
    version = _version_in(event.stream)
    message = event.message
    if (found := read_object(message)) is not None:
        return _record(event, found, version, late)
    if platform := _PLATFORM.match(message):
        kind = LineKind(platform[1].lower())
        fields = dict(_REPORT_FIELD.findall(message))
        version = version or (fields.get("Version") or "").strip() or None
        report = report_fields(fields) if kind is LineKind.REPORT else {}
        return Line(event, kind, "ERROR" if "fault" in report else "INFO", platform[2], version, report, late)
    if message.startswith("INIT_START "):
        return Line(event, LineKind.INIT, "INFO", None, version, {}, late)
    if message.startswith("INIT_REPORT "):
        report = report_fields(dict(_REPORT_FIELD.findall(message.removeprefix("INIT_REPORT "))))
        return Line(event, LineKind.INIT, "ERROR" if "fault" in report else "INFO", None, version, report, late)
    return _text(event, version, late)


@lru_cache(maxsize=256)
def _version_in(stream: str) -> str | None:
    match = _STREAM_VERSION.search(stream)
    return match[1] if match else None


def _text(event: LogEvent, version: str | None, late: bool) -> Line:
    request_id = None
    level = "INFO"
    if prefixed := _PREFIXED.match(event.message):
        level, request_id = prefixed[1], prefixed[2]
    elif _FAULT.search(event.message):
        level = "ERROR"
        if unfinished := _UNFINISHED.match(event.message):
            request_id = unfinished[1] or unfinished[2]
    return Line(event, LineKind.TEXT, level if level in LEVELS else "INFO", request_id, version, {}, late)


def _record(event: LogEvent, found: dict[str, Any], version: str | None, late: bool) -> Line:
    if "_aws" in found:
        return Line(event, LineKind.METRICS, "INFO", None, version, found, late)
    if "type" in found and _text_in(found, "type").startswith("platform."):
        return _platform_record(event, found, version, late)
    level = _first_text(found, _LEVEL_FIELDS).upper()
    level = level if level in LEVELS else "INFO"
    if level == "INFO" and "errorType" in found:  # the runtime's own record of an exception
        level = "ERROR"
    status = found.get("status")
    handled = "route" in found and isinstance(status, int) and not isinstance(status, bool)
    return Line(
        event,
        LineKind.REQUEST if handled else LineKind.RECORD,
        level,
        _first_text(found, _REQUEST_ID_FIELDS) or None,
        version or _text_in(found, "version") or None,
        found,
        late,
    )


def _first_text(found: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the first of these fields that contains text. A loop is used because this runs for every line of a
    search.
    """
    for name in names:
        if name in found and (text := _text_in(found, name)):
            return text
    return ""


def _text_in(found: Mapping[str, Any], name: str) -> str:
    """Return the field as text if it is a string or an integer, otherwise ""."""
    value = found.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _platform_record(event: LogEvent, found: dict[str, Any], version: str | None, late: bool) -> Line:
    """Parse one of Lambda's own lines in its JSON log format.

    docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
    """
    record = found.get("record")
    record = record if isinstance(record, dict) else {}
    metrics = record.get("metrics")
    metrics = metrics if isinstance(metrics, dict) else {}
    if found["type"] == "platform.fault":  # its record is a string: why the runtime ended
        return Line(event, LineKind.RECORD, "ERROR", None, version, found, late)
    kinds = {"platform.start": LineKind.START, "platform.runtimeDone": LineKind.END, "platform.report": LineKind.REPORT}
    kind = kinds.get(str(found["type"]), LineKind.INIT)
    status = _text_in(record, "status") or "success"
    duration = "init_ms" if kind is LineKind.INIT else "duration_ms"
    names = {
        "durationMs": duration,
        "billedDurationMs": "billed_ms",
        "initDurationMs": "init_ms",
        "maxMemoryUsedMB": "memory_used_mb",
        "memorySizeMB": "memory_size_mb",
    }
    fields: dict[str, Any] = {
        ours: number for name, ours in names.items() if (number := finite(metrics.get(name))) is not None
    }
    is_fault = status != "success" and found["type"] in ("platform.report", "platform.initReport")
    if is_fault:
        fields["fault"] = status
    texts = {"errorType": "error_type", "phase": "phase", "initializationType": "initialization"}
    fields |= {ours: text for name, ours in texts.items() if (text := _text_in(record, name))}
    return Line(
        event,
        kind,
        "ERROR" if is_fault else "INFO",
        _text_in(record, "requestId") or None,
        version or _text_in(record, "version") or None,
        fields,
        late,
    )


def report_fields(found: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a REPORT or INIT_REPORT line, in milliseconds and MB. `fault` and `error_type` are set after
    a failure.
    """
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
            number = finite(float(found[name].split()[0]))
        except (KeyError, ValueError, IndexError):
            continue
        if number is not None:
            fields[ours] = number
    for name, ours in (("Error Type", "error_type"), ("Phase", "phase")):
        if text := found.get(name, "").strip():
            fields[ours] = text
    status = found.get("Status", "success").strip()
    if status not in ("success", ""):
        fields["fault"] = status
    return fields
