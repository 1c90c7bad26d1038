"""A CloudWatch Logs that has a known load, and the faults of the real one: `python -m bench.log_service '{…}'`.

It runs in a process of its own, so that neither its time nor its memory is the client's. It says its port on stdout,
and at GET /stats what it was asked. STS and S3 are answered just so far that a client finds its way here.
"""

import bisect
import json
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from typing import Any

from bench.loopback import serve_until_stdin_ends

PAGE_EVENTS, PAGE_BYTES = 10_000, 1_000_000
_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Account>111122223333</Account><UserId>x</UserId><Arn>arn:aws:iam::111122223333:user/x</Arn>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
_NO_BUCKET = "<Error><Code>NoSuchBucket</Code><Message>there is none</Message></Error>"


@dataclass(frozen=True)
class Load:
    """So many events at `rate` a second from `began` (epoch seconds) on, over `streams` streams.

    A share `late` of them becomes readable up to `late_by` seconds after its time, the others within 0.2 to 1.5 s; a
    share `twins` carries the millisecond of the event before it. `past` means that all are readable at once.
    """

    began: float
    events: int
    rate: float = 1000.0
    streams: int = 8
    late: float = 0.05
    late_by: float = 30.0
    twins: float = 0.05
    seed: int = 7
    past: bool = True

    @cached_property
    def moments(self) -> list[tuple[int, float]]:
        """Of each event its time in epoch milliseconds, and when it becomes readable, in epoch seconds."""
        chance = random.Random(self.seed)  # noqa: S311  (the same load each time)
        found: list[tuple[int, float]] = []
        for number in range(self.events):
            at = int((self.began + number / self.rate) * 1000)
            if found and chance.random() < self.twins:
                at = found[-1][0]
            behind = chance.uniform(2, self.late_by) if chance.random() < self.late else chance.uniform(0.2, 1.5)
            found.append((at, self.began if self.past else self.began + number / self.rate + behind))
        return found


@dataclass(frozen=True)
class Faults:
    """Shares of calls that are throttled, dropped, answered 500, or given a short or empty page.

    `stretches` are pairs of seconds after the first call between which everything is refused with a name.
    """

    throttled: float = 0.0
    dropped: float = 0.0
    failed: float = 0.0
    short: float = 0.0
    stretches: tuple[tuple[float, float, str], ...] = ()
    seed: int = 11


@dataclass
class Service:
    load: Load
    faults: Faults
    calls: list[float] = field(default_factory=list)
    sent: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.faults.seed)  # noqa: S311
        self._lock = threading.Lock()
        moments = self.load.moments
        self._keys: list[tuple[int, int]] = []  # of what is readable: time and number
        if self.load.past:
            self._keys = sorted((at, number) for number, (at, _) in enumerate(moments))
            self._pending: list[tuple[float, int, int]] = []
        else:
            self._pending = sorted((readable, at, number) for number, (at, readable) in enumerate(moments))
        self._next = 0

    def answer(self, asked: dict[str, Any]) -> tuple[int, str] | None:
        """Status and body; None to drop the connection."""
        with self._lock:
            now = time.time()
            self.calls.append(now)
            trouble = self._trouble(now - self.calls[0])
            if trouble is not None:
                self.refused += 1
                if trouble == "drop":
                    return None
                return (500 if trouble.startswith("Service") else 400), json.dumps({"__type": trouble, "message": "no"})
            while self._next < len(self._pending) and self._pending[self._next][0] <= now:
                bisect.insort(self._keys, self._pending[self._next][1:])
                self._next += 1
            return 200, self._page(asked)

    def stats(self) -> str:
        calls = self.calls
        busiest = max((bisect.bisect_left(calls, at + 1.0) - number for number, at in enumerate(calls)), default=0)
        seconds = calls[-1] - calls[0] if len(calls) > 1 else 0.0
        return json.dumps(
            {"calls": len(calls), "sent": self.sent, "refused": self.refused, "busiest": busiest, "seconds": seconds}
        )

    def _trouble(self, since: float) -> str | None:
        for start, end, name in self.faults.stretches:
            if start <= since < end:
                return name
        drawn = self._chance.random()
        for share, name in (
            (self.faults.throttled, "ThrottlingException"),
            (self.faults.dropped, "drop"),
            (self.faults.failed, "ServiceUnavailableException"),
        ):
            if drawn < share:
                return name
            drawn -= share
        return None

    def _page(self, asked: dict[str, Any]) -> str:
        low = bisect.bisect_left(self._keys, (asked.get("startTime", 0), -1))
        if token := asked.get("nextToken"):
            low = bisect.bisect_right(self._keys, tuple(json.loads(token)[:2]))
        high = bisect.bisect_left(self._keys, (asked.get("endTime", 1 << 60) + 1, -1))
        most = min(PAGE_EVENTS, asked.get("limit", PAGE_EVENTS))
        if self._chance.random() < self.faults.short:
            most = self._chance.choice((0, 1, 17, 400))
        events: list[str] = []
        size, at = 0, low
        while at < high and len(events) < most and size < PAGE_BYTES:
            text = event(self._keys[at], self.load.streams)
            events.append(text)
            size += len(text) - 90  # what is around the message
            at += 1
        self.sent += len(events)
        last = self._keys[at - 1] if at > low else (asked.get("startTime", 0), -1)
        if not events and token:
            last = tuple(json.loads(token)[:2])
        more = f',"nextToken":{json.dumps(json.dumps([*last, len(self.calls)]))}' if at < high else ""
        return f'{{"events":[{",".join(events)}],"searchedLogStreams":[]{more}}}'


def message(number: int) -> str:
    """A request's line as the handler writes it, about 230 bytes; its number comes first among its fields."""
    return (
        f'{{"event": "e{number:07d}", "level": "INFO", "message": "GET /health 200", "route": "GET /health", '
        f'"status": 200, "duration_ms": 3.21, "cold_start": false, "version": "7", "build": "0123456789abcdef", '
        f'"request_id": "{number:08x}-0000-4000-8000-000000000000"}}'
    )


def event(key: tuple[int, int], streams: int) -> str:
    at, number = key
    stream = f"2026/03/01/[7]{number % streams:032x}"
    return (
        f'{{"eventId":"3{number:055d}","timestamp":{at},"ingestionTime":{at},"logStreamName":"{stream}",'
        f'"message":{json.dumps(message(number))}}}'
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if "X-Amz-Target" not in self.headers:
            self._say(200, _IDENTITY, "text/xml")
            return
        answer = self.service.answer(json.loads(content))
        if answer is None:
            self.close_connection = True
            return
        self._say(*answer, "application/x-amz-json-1.1")

    def do_GET(self) -> None:
        if self.path == "/stats":
            self._say(200, self.service.stats(), "application/json")
        else:
            self._say(404, _NO_BUCKET, "application/xml")

    def _say(self, status: int, body: str, kind: str) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def main(told: str) -> None:
    """Serve until stdin ends."""
    asked = json.loads(told)
    faults = asked["faults"] | {"stretches": tuple(map(tuple, asked["faults"].get("stretches", ())))}
    service = Service(Load(**asked["load"]), Faults(**faults))
    serve_until_stdin_ends(type("Handler", (_Handler,), {"service": service}))


if __name__ == "__main__":
    main(sys.argv[1])
