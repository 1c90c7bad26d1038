"""The API's access log: one JSON object for each request, in the format that the HCL sets.

API Gateway writes "-" for a missing value, so every value of the format is a string.
"""

import re
from typing import Any

from hybridctl.domain.logs.events import Line, LineKind, LogEvent, understand
from hybridctl.log_json import finite, read_object

_NOTHING = "-"
_STATUS = re.compile(r"[1-9][0-9]{2}")
_TEXTS = {
    "path": "path",
    "httpMethod": "method",
    "sourceIp": "source_ip",
    "userAgent": "user_agent",
    "integrationError": "integration_error",
    "requestId": "api_request_id",
}
_NUMBERS = {
    "responseLatency": "duration_ms",
    "integrationLatency": "integration_ms",
    "responseLength": "response_bytes",
}


def understand_access(event: LogEvent, *, late: bool = False) -> Line:
    """Parse an event of the access log. The request id is the function's, if the function was reached."""
    found = read_object(event.message)
    if found is None:  # every line is JSON, unless text from a client breaks the format
        return Line(event, LineKind.TEXT, "WARNING", fields={"unreadable": True}, late=late)
    if "requestId" not in found:
        return understand(event, late=late)
    known = {name: str(value) for name, value in found.items() if value not in (_NOTHING, "", None)}
    status = int(known["status"]) if _STATUS.fullmatch(known.get("status", "")) else None
    route = known.get("routeKey", "$default")
    fields: dict[str, Any] = {"status": status, "route": _request_line(known) if route == "$default" else route}
    fields |= {ours: known[name] for name, ours in _TEXTS.items() if name in known}
    numbers = {ours: float(known[name]) for name, ours in _NUMBERS.items() if known.get(name, "").isdecimal()}
    fields |= {name: number for name, number in numbers.items() if finite(number) is not None}
    request_id = known.get("functionRequestId") or known.get("requestId")
    return Line(event, LineKind.ACCESS, _level(status), request_id, None, fields, late)


def _request_line(known: dict[str, str]) -> str:
    return f"{known.get('httpMethod', _NOTHING)} {known.get('path', _NOTHING)}"


def _level(status: int | None) -> str:
    if status is None or status >= 500:
        return "ERROR"
    return "WARNING" if status >= 400 else "INFO"
