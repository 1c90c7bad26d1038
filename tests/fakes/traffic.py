import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from fakes.functions import FakeFunctions
from hybridctl.domain.alarm_history import AlarmChange
from hybridctl.domain.alarms import Alarm, AlarmState
from hybridctl.domain.logs.events import LogEvent, LogPage
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.samples import Totals


@dataclass(frozen=True)
class Behaviour:
    """How a version answers: each request after `takes_ms`, every `fails_every`-th with 503, or without a line."""

    takes_ms: float = 5.0
    fails_every: int = 0
    crashes: bool = False


@dataclass
class FakeTraffic:
    """The log of a function under `rate` requests a second, shared out by the alias's weights as they are then.

    Time is that of who asks: each page brings the traffic between the last asked moment and this one.
    """

    functions: FakeFunctions
    rate: float = 0.0
    versions: dict[int, Behaviour] = field(default_factory=dict)
    events: list[LogEvent] = field(default_factory=list)
    answered: dict[int, int] = field(default_factory=dict)
    unreadable: list[Exception] = field(default_factory=list)
    counted: dict[int, Totals] = field(default_factory=dict)
    _until: datetime | None = None
    _owed: dict[int, float] = field(default_factory=dict)

    @property
    def group(self) -> str:
        return "/aws/lambda/hybrid-ci-cd-local"

    def page(
        self, window: Window, *, pattern: str | None = None, token: str | None = None, newest_first: bool = False
    ) -> LogPage:
        if self.unreadable:
            raise self.unreadable.pop(0)
        assert window.end is not None
        if self.functions.alias is None:
            return LogPage([])
        self._pass(window.start, window.end)
        return LogPage([event for event in self.events if window.start <= event.time <= window.end])

    def totals(self, version: int, since: datetime, until: datetime) -> Totals:
        return self.counted.get(version, Totals())

    def _pass(self, start: datetime, end: datetime) -> None:
        began = self._until or start
        seconds = max(0.0, (end - began).total_seconds())
        self._until = end
        alias = self.functions.alias
        assert alias is not None
        shares = {**alias.weights, alias.version: 1 - sum(alias.weights.values())}
        for version, share in shares.items():
            owed = self._owed.get(version, 0.0) + seconds * self.rate * share
            for number in range(int(owed + 1e-9)):
                self._request(version, began + timedelta(seconds=seconds * number / (owed + 1)))
            self._owed[version] = owed - int(owed + 1e-9)

    def _request(self, version: int, at: datetime) -> None:
        count = self.answered[version] = self.answered.get(version, 0) + 1
        how = self.versions.get(version, Behaviour())
        fails = bool(how.fails_every) and count % how.fails_every == 0
        request = f"{version}-{count}"
        if not (fails and how.crashes):
            self._write(version, at, f"{request}-line", _line(version, 503 if fails else 200, how) % request)
        self._write(version, at, f"{request}-report", f"REPORT RequestId: {request}\tDuration: {how.takes_ms:.2f} ms\t")

    def _write(self, version: int, at: datetime, event: str, message: str) -> None:
        self.events.append(LogEvent(event, at, at, f"2026/03/01/[{version}]{'0' * 32}", message))


@cache
def _line(version: int, status: int, how: Behaviour) -> str:
    """The handler's line for a request; `%s` is its id."""
    line = {
        "request_id": "%s",
        "api_request_id": "a1",
        "version": str(version),
        "route": "GET /health",
        "status": status,
        "duration_ms": how.takes_ms,
    }
    return json.dumps(line)


@dataclass
class FakeAlarms:
    """Alarms that are all well but for those in `red`; each reading takes the next of `course` first."""

    red: set[str] = field(default_factory=set)
    course: list[set[str]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    def alarms(self, names: Sequence[str]) -> Sequence[Alarm]:
        if self.course:
            self.red = self.course.pop(0)
        at = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
        return [
            Alarm(name, AlarmState.ALARM if name in self.red else AlarmState.OK, at, "")
            for name in names
            if name not in self.unknown
        ]

    def history(self, since: datetime, *, name: str | None = None) -> Iterator[AlarmChange]:
        return iter(())

    def set_state(self, name: str, state: AlarmState, reason: str) -> None:
        self.red = self.red | {name} if state is AlarmState.ALARM else self.red - {name}
