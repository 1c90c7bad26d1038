"""Alarms that remember, and a composite one that follows them; and an environment that they watch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fakes import FakeBackend, FakeClock
from fakes.backend import outputs
from fakes.clock import NOON
from hybridctl.domain.alarm_history import AlarmChange
from hybridctl.domain.alarms import Alarm, AlarmState
from hybridctl.errors import HybridctlError

COMPOSITE = "hybrid-ci-cd-degraded-local"
ERRORS = "hybrid-ci-cd-errors-local"
SLOW = "hybrid-ci-cd-slow-local"
THROTTLES = "hybrid-ci-cd-sessions-by-user-write-throttles-local"


@dataclass
class RememberingAlarms:
    """A state that is set is kept and recorded, unless `deaf`; the composite alarm is red while any other is."""

    clock: FakeClock
    kept: dict[str, Alarm] = field(default_factory=dict)
    changes: list[AlarmChange] = field(default_factory=list)
    deaf: bool = False
    trouble: HybridctlError | None = None
    asked: list[Sequence[str]] = field(default_factory=list)

    def alarms(self, names: Sequence[str]) -> Sequence[Alarm]:
        self.asked.append(names)
        if self.trouble is not None:
            raise self.trouble
        return [alarm for name, alarm in self.kept.items() if name in names]

    def history(self, since: datetime, *, name: str | None = None) -> Iterator[AlarmChange]:
        found = [change for change in self.changes if change.at >= since and name in (None, change.name)]
        return iter(found[::-1])

    def set_state(self, name: str, state: AlarmState, reason: str) -> None:
        if self.deaf:
            return
        self.change(name, state, reason)
        others = [alarm.state for alarm in self.kept.values() if not alarm.is_composite]
        together = AlarmState.ALARM if AlarmState.ALARM in others else AlarmState.OK
        if name != COMPOSITE:
            self.change(COMPOSITE, together, f"{name} transitioned to {state}")

    def change(self, name: str, state: AlarmState, reason: str) -> None:
        before = self.kept[name]
        if before.state is not state:
            self.kept[name] = replace(before, state=state, since=self.clock.now(), reason=reason)
            self.changes.append(AlarmChange(name, self.clock.now(), before.state, state, reason))


@dataclass
class WatchedBackend(FakeBackend):
    """An environment with alarms."""

    alarms: RememberingAlarms = field(default_factory=lambda: RememberingAlarms(FakeClock()))


def make_watched(clock: FakeClock | None = None) -> WatchedBackend:
    """A deployed environment in which everything is healthy since yesterday."""
    backend = WatchedBackend(alarms=RememberingAlarms(clock or FakeClock()))
    names = [ERRORS, SLOW, THROTTLES]
    backend.state.values = outputs(1) | {"alarm_names": names, "composite_alarm_name": COMPOSITE}
    metrics = {
        ERRORS: ("AWS/Lambda", "Errors"),
        SLOW: ("AWS/Lambda", "Duration"),
        THROTTLES: ("AWS/DynamoDB", "WriteThrottleEvents"),
    }
    yesterday = NOON - timedelta(days=1, hours=3)
    for name in (*names, COMPOSITE):
        alarm = Alarm(name, AlarmState.OK, yesterday, "Unchecked: Initial alarm creation", metric=metrics.get(name))
        backend.alarms.kept[name] = alarm
    return backend


def burning(clock: FakeClock | None = None) -> WatchedBackend:
    """Errors for twelve minutes, and an alarm that has seen nothing yet."""
    backend = make_watched(clock)
    began = NOON - timedelta(minutes=12)
    reason = (
        "Threshold Crossed: 2 out of the last 5 datapoints [3.0 (01/03/26 11:47:00), 2.0 (01/03/26 11:46:00)] was "
        "greater than or equal to the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    alarms = backend.alarms
    red = {"state": AlarmState.ALARM, "since": began}
    alarms.kept[ERRORS] = replace(alarms.kept[ERRORS], reason=reason, **red)
    alarms.kept[COMPOSITE] = replace(alarms.kept[COMPOSITE], reason=f"{ERRORS} transitioned to ALARM", **red)
    nothing = "Insufficient Data: 5 datapoints were unknown."
    alarms.kept[SLOW] = replace(alarms.kept[SLOW], state=AlarmState.INSUFFICIENT_DATA, reason=nothing, notifies=False)
    for name in (ERRORS, COMPOSITE):
        why = alarms.kept[name].reason
        alarms.changes.append(AlarmChange(name, began, AlarmState.OK, AlarmState.ALARM, why))
    other = AlarmChange("another-teams-alarm", NOON, None, AlarmState.ALARM, "not ours")
    alarms.changes.append(other)
    return backend
