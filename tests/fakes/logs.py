"""A log group that behaves as CloudWatch's: late, out of order, in pages; and a clock that Ctrl-C interrupts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fakes import FakeBackend, FakeClock
from hybridctl.domain.logs.events import LogEvent, LogPage
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.query import QueryProgress
from hybridctl.errors import HybridctlError, LogsThrottled, NotDeployed

GROUP = "/aws/lambda/hybrid-ci-cd-local"
STREAM = "2026/03/01/[7]0123456789abcdef0123456789abcdef"


def event(
    time: datetime, message: str = "hello", *, key: str | None = None, stream: str = STREAM, lag: float = 0.0
) -> LogEvent:
    key = key or f"{time.isoformat()}|{message}"
    return LogEvent(key, time, time + timedelta(seconds=lag), stream, message)


@dataclass
class InterruptedClock(FakeClock):
    """Ctrl-C arrives once so many seconds have been slept."""

    lasts: float = 30.0

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.monotonic() >= self.lasts:
            raise KeyboardInterrupt


@dataclass
class FakeLogSource:
    """Events become readable at their ingestion time. `troubles` are raised by the next calls, one each.

    A call `takes` so many seconds; one that would be more than the `quota` within a second is throttled.
    """

    clock: FakeClock
    events: list[LogEvent] = field(default_factory=list)
    group: str = GROUP
    page_size: int = 1000
    empty_pages: int = 0
    reads_backwards: bool = True
    exists_from: datetime | None = None
    server_ahead: timedelta | None = None
    troubles: list[HybridctlError | None] = field(default_factory=list)
    quota: int | None = None
    takes: float = 0.0
    refused: int = 0
    calls: list[float] = field(default_factory=list)
    patterns: list[str | None] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    sent: int = 0
    _blanks: int = 0
    _answered: list[float] = field(default_factory=list)

    def add(self, *events: LogEvent) -> "FakeLogSource":
        self.events.extend(events)
        return self

    def page(
        self, window: Window, *, pattern: str | None = None, token: str | None = None, newest_first: bool = False
    ) -> LogPage:
        self.calls.append(self.clock.monotonic())
        self.patterns.append(pattern)
        self.windows.append(window)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        if self.quota is not None:
            self._spend(self.quota)
        self.clock.at += timedelta(seconds=self.takes)
        now = self.clock.now() + (self.server_ahead or timedelta())
        if self.exists_from is not None and now < self.exists_from:
            raise NotDeployed(
                f"reading the log group {self.group}: it does not exist", hint="hybridctl deploy creates it"
            )
        answered = None if self.server_ahead is None else now
        begun = window.start.isoformat()
        assert token is None or token.endswith(begun), "a token is taken for the window it came from alone"
        if self._blanks < self.empty_pages:
            self._blanks += 1
            return LogPage([], f"{(token or '0|').partition('|')[0]}|{self._blanks}|{begun}", answered)
        self._blanks = 0
        found = self._find(window, now, backwards=newest_first and self.reads_backwards)
        start = int(token.partition("|")[0]) if token else 0
        page = found[start : start + self.page_size]
        more = start + self.page_size < len(found)
        self.sent += len(page)
        return LogPage(page, f"{start + self.page_size}||{begun}" if more else None, answered)

    def _spend(self, quota: int) -> None:
        now = self.clock.monotonic()
        self._answered = [one for one in self._answered if one > now - 1]
        if len(self._answered) >= quota:
            self.refused += 1
            raise LogsThrottled("asked too often")
        self._answered.append(now)

    def _find(self, window: Window, now: datetime, *, backwards: bool) -> Sequence[LogEvent]:
        readable = (
            one
            for one in self.events
            if one.ingested <= now and window.start <= one.time and (window.end is None or one.time <= window.end)
        )
        found = sorted(readable, key=lambda one: (one.time, one.ingested))
        return found[::-1] if backwards else found


@dataclass
class FakeLogQueries:
    """Logs Insights: each look at a query takes the next of `course`; what was started and stopped is kept."""

    course: list[QueryProgress | HybridctlError] = field(default_factory=list)
    refuses: HybridctlError | None = None
    started: list[tuple[str, Window, int]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    group: str = GROUP

    def start(self, text: str, window: Window, *, limit: int) -> str:
        if self.refuses is not None:
            raise self.refuses
        self.started.append((text, window, limit))
        return "q1"

    def progress(self, query: str) -> QueryProgress:
        assert query == "q1"
        found = self.course.pop(0) if len(self.course) > 1 else self.course[0]
        if isinstance(found, HybridctlError):
            raise found
        return found

    def stop(self, query: str) -> None:
        self.stopped.append(query)


@dataclass
class LoggingBackend(FakeBackend):
    """An environment with a log."""

    logs: FakeLogSource = field(default_factory=lambda: FakeLogSource(FakeClock()))
    access_logs: FakeLogSource = field(default_factory=lambda: FakeLogSource(FakeClock()))
    log_queries: FakeLogQueries = field(default_factory=FakeLogQueries)
    access_log_queries: FakeLogQueries = field(default_factory=FakeLogQueries)
    live_tail: Any = None
    live_tail_of_both: Any = None

    def __post_init__(self) -> None:
        given = self.logs
        super().__post_init__()
        self.logs = given


def messages(lines: Iterable[object]) -> list[str]:
    return [line.event.message for line in lines]  # type: ignore[attr-defined]
