"""One line for a request, and the lines that belong to it, each in parts with a style or none.

    03:04:05.123 I 201 POST /auth/session        12 ms  85 MB v7  1a2b3c4d cold 310 ms

Time (UTC), `~` when it came late, level, status, route, duration, memory used, version, request id, cold start.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from hybridctl.domain.logs.events import Line, LineKind
from hybridctl.domain.logs.fold import AccessEntry, Entry, RequestEntry, TextEntry
from hybridctl.domain.visible_text import to_json
from hybridctl.durations import describe_milliseconds
from hybridctl.log_json import finite
from hybridctl.views.screen import Styled

_BREAKS = re.compile(r"\r\n|\r|\n")  # Lambda's runtime joins the lines of one record by \r
_INDENT = " " * 15
_STYLES = {"ERROR": "red", "CRITICAL": "bold red", "FATAL": "bold red", "WARN": "yellow", "WARNING": "yellow"}
_OWN = frozenset(
    {"timestamp", "level", "log_level", "message", "version", "build"}
    | {"request_id", "requestId", "AWSRequestId", "function_request_id"}
)
_ERRORS = frozenset({"error", "errorType", "errorMessage", "stackTrace", "exception", "exception_name", "stack_trace"})


def split(text: str) -> list[str]:
    """Return the lines of a message without trailing empty ones."""
    return _BREAKS.split(text.rstrip())


def entry_lines(entry: Entry) -> Iterator[Styled]:
    if isinstance(entry, AccessEntry):
        yield _access_line(entry.line)
        if error := entry.line.fields.get("integration_error"):
            yield ((f"{_INDENT}{error}", "red"),)
    elif isinstance(entry, RequestEntry):
        yield _request_line(entry)
        for part in _error_parts(entry.line.fields) if entry.line.kind is LineKind.REQUEST else ():
            yield ((_INDENT + part, "red" if entry.line.level == "ERROR" else "dim"),)
    else:
        yield from _text_lines(entry)


def clock_time(moment: datetime) -> str:
    return moment.time().isoformat("milliseconds")  # without a zone it is had in a third of the time


def _request_line(entry: RequestEntry) -> Styled:
    line = entry.line
    fields = line.fields
    report = entry.report.fields if entry.report else {}
    fault = _describe_end(report)
    level = "ERROR" if fault else line.level
    if line.kind is LineKind.REQUEST:
        status, what = str(fields.get("status", "-")), str(fields.get("route", "-"))
        what = f"{what} ({fault})" if fault else what
    else:
        status, what = "-", _outcome(fault, is_ended=entry.report is not None)
    duration = fields.get("duration_ms", report.get("duration_ms"))
    memory = report.get("memory_used_mb")
    told = fields.get("cold_start")  # the handler's word decides: environments started ahead of time report an init too
    cold = told if isinstance(told, bool) else "init_ms" in report
    used = "" if memory is None else f"{memory:.0f} MB"
    version = f"v{line.version}" if line.version else ""
    known = f"{_duration(duration):>7} {used:>6} {version:<3} {(line.request_id or '')[:8]:<8}"
    init = f" {_duration(report['init_ms'])}" if cold and "init_ms" in report else ""
    tail = f"{known} cold{init}" if cold else known
    style = _style(level, fields.get("status"))
    return (*_time(line), (f"{level[0]} {status:>3} {what:<21}", style), (f" {tail}", ""))


def _access_line(line: Line) -> Styled:
    """Return an access log line in the columns of a request line: durations as the API measured them, and caller."""
    fields = line.fields
    style = _style(line.level, fields.get("status"))
    text = f"{line.level[0]} {fields.get('status') or '-':>3} {fields.get('route', '-')!s:<21}"
    known = f"{_duration(fields.get('duration_ms')):>7}    api    {(line.request_id or '')[:8]:<8}"
    who = " ".join(str(fields[name]) for name in ("source_ip", "user_agent") if name in fields)
    return (*_time(line), (text, style), (f" {known} ", ""), (who, "dim"))


def _text_lines(entry: TextEntry) -> Iterator[Styled]:
    first = entry.line
    style = _style(first.level)
    parts = [part for line in entry.lines for part in _parts(line)]
    request = f"  {first.request_id[:8]}" if first.request_id else ""
    yield (*_time(first), (f"{first.level[0]} {parts[0]}".rstrip(), style), (request, "dim"))
    for part in parts[1:]:
        yield ((_INDENT + part, style),)


def _parts(line: Line) -> list[str]:
    if line.kind is LineKind.INIT and "fault" in line.fields:
        after = f" after {_duration(line.fields['init_ms'])}" if "init_ms" in line.fields else ""
        return [f"the environment's start {_describe_end(line.fields)}{after}"]
    if line.fields.get("unreadable"):
        return split(f"invalid JSON: {line.event.message}")
    if line.kind is not LineKind.RECORD:
        return split(_without_prefix(line))
    fields = line.fields
    message = fields.get("message")
    error = _error_parts(fields)
    known = _OWN | _ERRORS if error else _OWN
    rest = {key: value for key, value in fields.items() if key not in known}
    if error and not isinstance(message, str):
        return error
    if not isinstance(message, str):
        return split(line.event.message)
    more = f" {to_json(rest)}" if rest else ""
    return [*split(message + more), *error]


def _without_prefix(line: Line) -> str:
    """Return a message without the level, time and request id that Lambda prepends: they are shown already."""
    message = line.event.message
    if line.request_id is None:
        return message
    _, _, timed_out = message.partition(f"Z {line.request_id} ")
    if timed_out:
        return timed_out
    parts = message.split("\t", 3)
    return parts[3] if len(parts) == 4 and parts[0] == f"[{line.level}]" else message


def _error_parts(fields: Any) -> list[str]:
    """Return type, message and stack of an error from our handler, from Powertools or from Lambda's runtime."""
    error = fields.get("error")
    if isinstance(exception := fields.get("exception"), str) and exception:
        return split(exception)
    if isinstance(error, dict):
        kind, message, stack = error.get("type"), error.get("message"), error.get("stack")
    elif "errorType" in fields:
        kind, message, stack = fields["errorType"], fields.get("errorMessage"), fields.get("stackTrace")
    else:
        return []
    frames = stack if isinstance(stack, list) else []
    return [*split(f"{kind}: {message}"), *(part for frame in frames for part in split(str(frame)))]


def _describe_end(report: Mapping[str, Any]) -> str:
    """Return how an invocation or a start failed according to Lambda's report; nothing if it succeeded."""
    fault, cause = report.get("fault"), report.get("error_type")
    if not fault:
        return ""
    if cause == "Runtime.OutOfMemory":
        return "ran out of memory"
    words = {"timeout": "timed out", "error": "failed", "failure": "failed"}.get(str(fault), str(fault))
    return f"{words}: {cause}" if cause else words


def _outcome(fault: str, *, is_ended: bool) -> str:
    if fault:
        return fault
    return "(no request line)" if is_ended else "not finished"


def _time(line: Line) -> Styled:
    return ((clock_time(line.event.time), "dim"), ("~" if line.late else " ", ""))


def _duration(milliseconds: object) -> str:
    known = finite(milliseconds)
    return "" if known is None else describe_milliseconds(known)


def _style(level: str, status: object = None) -> str:
    if isinstance(status, int) and 200 <= status < 400 and level not in _STYLES:
        return "green"
    return _STYLES.get(level, "")
