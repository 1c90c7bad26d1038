"""A FilterLogEvents endpoint on loopback, spoken to over real HTTP, that does what CloudWatch and networks do."""

import bisect
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import boto3
from botocore.config import Config

from fakes.served import Served

STREAM = "2026/03/01/[7]0123456789abcdef0123456789abcdef"


@dataclass
class Faults:
    """How often each thing goes wrong, as a share of the calls; `throttled` has whole periods, in seconds."""

    throttle: float = 0.0
    drop: float = 0.0
    tear: float = 0.0
    fail: float = 0.0
    empty: float = 0.0
    expire_every: int = 0
    throttled: tuple[float, float] = (0.0, 0.0)


@dataclass
class Endpoint(Served):
    """Events are (event time, id, message), each readable from its own moment on; `now` is the shared clock."""

    now: Callable[[], float]
    page_size: int = 10_000
    faults: Faults = field(default_factory=Faults)
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    calls: list[float] = field(default_factory=list)
    sent: int = 0
    refused: int = 0
    _pending: list[tuple[float, int, str, str]] = field(default_factory=list)
    _readable: list[tuple[int, str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _expired: set[str] = field(default_factory=set)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        return _Handler

    def add(self, readable: float, milliseconds: int, key: str, message: str) -> None:
        bisect.insort(self._pending, (readable, milliseconds, key, message))

    def factory(self) -> Callable[[], Any]:
        """Makes clients, each with credentials of its own."""
        number = 0

        def make() -> Any:
            nonlocal number
            number += 1
            session = boto3.Session(f"AKIA{number:016d}", "secret", region_name="us-east-1")
            config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5, proxies={})
            return session.client("logs", endpoint_url=self.url, config=config)

        return make

    def answer(self, asked: dict[str, Any], credential: str) -> tuple[int, dict[str, Any]] | None:
        """Status and body, or None to drop the connection."""
        with self._lock:
            now = self.now()
            self.calls.append(now)
            trouble = self._trouble(now, credential)
            if trouble is not None:
                self.refused += 1
                return None if trouble == "drop" else _refusal(trouble)
            while self._pending and self._pending[0][0] <= now:
                bisect.insort(self._readable, self._pending.pop(0)[1:])
            return 200, self._page(asked)

    def _trouble(self, now: float, credential: str) -> str | None:
        faults = self.faults
        if faults.expire_every and len(self.calls) % faults.expire_every == 0:
            self._expired.add(credential)
        if credential in self._expired:
            return "ExpiredTokenException"
        if faults.throttled[0] <= now < faults.throttled[1]:
            return "ThrottlingException"
        drawn = self.chance.random()
        for share, name in (
            (faults.throttle, "ThrottlingException"),
            (faults.drop, "drop"),
            (faults.fail, "ServiceUnavailableException"),
        ):
            if drawn < share:
                return name
            drawn -= share
        return None

    def _page(self, asked: dict[str, Any]) -> dict[str, Any]:
        after = json.loads(asked["nextToken"]) if "nextToken" in asked else None
        backwards = asked.get("startFromHead") is False and after is None
        low = bisect.bisect_left(self._readable, (asked.get("startTime", 0), "", ""))
        if after is not None:
            low = bisect.bisect_right(self._readable, (after[0], after[1], "\U0010ffff"))
        high = bisect.bisect_left(self._readable, (asked.get("endTime", 1 << 60) + 1, "", ""))
        size = self.chance.randint(1, self.page_size) if self.faults.tear else self.page_size
        if self.chance.random() < self.faults.empty:
            size = 0
        found = (
            self._readable[max(low, high - size) : high][::-1]
            if backwards
            else self._readable[low : min(high, low + size)]
        )
        answer: dict[str, Any] = {"events": [_raw(*one) for one in found]}
        self.sent += len(found)
        if not backwards and low + size < high:
            last = found[-1] if found else self._readable[low - 1] if low else (0, "", "")
            answer["nextToken"] = json.dumps([last[0], last[1], len(self.calls)])
        return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body in one segment: the peer would acknowledge the head 40 ms later
    endpoint: Endpoint

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        credential = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        answer = self.endpoint.answer(asked, credential)
        if answer is None:
            self.close_connection = True
            return
        status, body = answer
        content = json.dumps(body).encode()
        torn = self.endpoint.chance.random() < self.endpoint.faults.tear
        self.send_response_only(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if torn else content)
        self.close_connection = torn

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _raw(milliseconds: int, key: str, message: str) -> dict[str, Any]:
    return {
        "eventId": key,
        "timestamp": milliseconds,
        "ingestionTime": milliseconds,
        "logStreamName": STREAM,
        "message": message,
    }


def _refusal(name: str) -> tuple[int, dict[str, Any]]:
    return (503 if name.startswith("Service") else 400), {"__type": name, "message": name}


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
