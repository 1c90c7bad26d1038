"""Alarms: the state each is in, since when and why, and what to type when it is red."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum, unique

from hybridctl.domain.environment import Place
from hybridctl.domain.outputs import Outputs
from hybridctl.errors import NotFound


@unique
class AlarmState(StrEnum):
    """CloudWatch's own words, the gravest first."""

    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    OK = "OK"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as it is now; `metric` is namespace and name of what it watches, None for a composite one."""

    name: str
    state: AlarmState
    since: datetime
    reason: str
    description: str = ""
    metric: tuple[str, str] | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    notifies: bool = True

    @property
    def is_composite(self) -> bool:
        return self.metric is None


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """One change of state."""

    name: str
    at: datetime
    before: AlarmState | None
    after: AlarmState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Advised:
    """An alarm under its short name, with the command to type when it is red."""

    short: str
    alarm: Alarm
    advice: str


@dataclass(frozen=True, slots=True)
class AlarmsReport:
    """The alarms of one environment, the gravest first; `missing` are those Terraform made that are gone."""

    place: Place
    now: datetime
    alarms: tuple[Advised, ...]
    missing: tuple[str, ...] = ()

    @property
    def red(self) -> int:
        return sum(one.alarm.state is AlarmState.ALARM for one in self.alarms)

    @property
    def is_well(self) -> bool:
        """Nothing is red, and nothing that should watch is gone."""
        return not self.red and not self.missing


# What each watched metric leads to; {env} is the environment. A test asks for one for every alarm of the HCL.
ADVICE: Mapping[tuple[str, str], str] = {
    ("AWS/Lambda", "Errors"): "hybridctl logs {env} --since 15m --level error",
    ("AWS/Lambda", "Throttles"): "hybridctl metrics {env} --plot function.throttles",
    ("AWS/Lambda", "Duration"): "hybridctl metrics {env} --plot function.p99",
    ("AWS/ApiGateway", "5xx"): "hybridctl logs {env} --since 15m --status 5xx --access",
    ("AWS/DynamoDB", "ReadThrottleEvents"): "hybridctl metrics {env}, then raise dynamodb_read_capacity",
    ("AWS/DynamoDB", "WriteThrottleEvents"): "hybridctl metrics {env}, then raise dynamodb_write_capacity",
}
_COMPOSITE = "hybridctl status {env}; the red ones beside it say what is wrong"
_UNKNOWN = "hybridctl metrics {env}"
_ORDER = list(AlarmState)


def advice(alarm: Alarm, environment: str) -> str:
    """The command that shows more."""
    text = _COMPOSITE if alarm.metric is None else ADVICE.get(alarm.metric, _UNKNOWN)
    return text.format(env=environment)


def names_in(outputs: Outputs) -> list[str]:
    """The names of all alarms that Terraform made, the composite one last where there is one."""
    composite = outputs.values.get("composite_alarm_name")
    return [*map(str, outputs.values.get("alarm_names", [])), *([str(composite)] if composite else [])]


def short_name(name: str, project: str, environment: str) -> str:
    """The alarm's name without what all names of an environment share: `<project>-<thing>-<environment>`."""
    return name.removeprefix(f"{project}-").removesuffix(f"-{environment}")


def report(place: Place, now: datetime, found: Sequence[Alarm], wanted: Mapping[str, str]) -> AlarmsReport:
    """The alarms in order; `wanted` are full names by short one."""
    by_name = {alarm.name: alarm for alarm in found}
    shown = [
        Advised(short, by_name[name], advice(by_name[name], place.environment))
        for short, name in wanted.items()
        if name in by_name
    ]
    shown.sort(key=lambda one: (_ORDER.index(one.alarm.state), not one.alarm.is_composite, one.short))
    missing = tuple(short for short, name in wanted.items() if name not in by_name)
    return AlarmsReport(place, now, tuple(shown), missing)


def named(name: str, wanted: Mapping[str, str]) -> str:
    """The full name of the alarm that a person means by its full or short name; NotFound names the nearest."""
    if name in wanted:
        return wanted[name]
    if name in wanted.values():
        return name
    near = get_close_matches(name, wanted, n=3, cutoff=0.5) or list(wanted)
    raise NotFound(f"there is no alarm {name!r}", hint=f"alarms: {', '.join(near)}")


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """Changes of state, newest first, under the alarms' short names."""

    since: datetime
    changes: tuple[AlarmChange, ...]


@dataclass(frozen=True, slots=True)
class AlarmTest:
    """An alarm driven through its states: what was seen to change, oldest first, of it and of the composite alarm."""

    short: str
    path: tuple[AlarmState, ...]
    changes: tuple[AlarmChange, ...]
    reached: bool


def path_through(state: AlarmState) -> tuple[AlarmState, ...]:
    """The states to be put in, so that each change is seen once and the alarm ends where it was."""
    return (AlarmState.OK, state) if state is AlarmState.ALARM else (AlarmState.ALARM, state)


def is_through(path: Sequence[AlarmState], changes: Sequence[AlarmChange], reason: str) -> bool:
    """Whether the first state was reached for our `reason`, and the last one after it (whoever brought it about)."""
    states = [(change.after, change.reason) for change in changes]
    first = (path[0], reason)
    return first in states and any(after is path[-1] for after, _ in states[states.index(first) + 1 :])
