"""What the function and Lambda write for a request."""

import json
from datetime import datetime, timedelta

from fakes.logs import STREAM, event
from hybridctl.domain.logs.events import LogEvent


def request_id(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{number:012x}"


def request_line(time: datetime, number: int, **fields: object) -> str:
    status = fields.get("status", 200)
    line = {
        "timestamp": time.isoformat(),
        "level": "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO",  # type: ignore[operator]
        "message": f"{fields.get('route', 'GET /health')} {status}",
        "request_id": request_id(number),
        "api_request_id": "Abc123=",
        "version": "7",
        "build": "0123456789abcdef",
        "route": "GET /health",
        "status": 200,
        "duration_ms": 3.21,
        "cold_start": False,
    }
    return json.dumps(line | fields)


def request(
    time: datetime, number: int, *, init: float | None = None, stream: str = STREAM, lag: float = 0.0, **fields: object
) -> list[LogEvent]:
    """The four events of one request, a few milliseconds apart."""
    key = request_id(number)
    report = f"REPORT RequestId: {key}\tDuration: 12.34 ms\tBilled Duration: 13 ms"
    report += "\tMemory Size: 512 MB\tMax Memory Used: 85 MB"
    if init is not None:
        report += f"\tInit Duration: {init} ms"
    texts = [
        (0, f"START RequestId: {key} Version: 7"),
        (12, request_line(time, number, **fields)),
        (13, f"END RequestId: {key}"),
        (14, f"{report}\t"),
    ]
    return [
        event(time + timedelta(milliseconds=after), text, key=f"{number}.{after}", stream=stream, lag=lag)
        for after, text in texts
    ]
