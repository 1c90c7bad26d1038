"""Alarms: the state each is in, since when and why, and the command to type when it is red."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum, unique

from hybridctl.domain.environment import Place
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.tfstate import Resources
from hybridctl.errors import NotFound
from hybridctl.values import dataclass


@unique
class AlarmState(StrEnum):
    """CloudWatch's own words, the most serious first; `UNKNOWN` is a word that this version does not know."""

    ALARM = "ALARM"
    UNKNOWN = "UNKNOWN"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    OK = "OK"

    @classmethod
    def of(cls, word: str) -> "AlarmState":
        """The state that CloudWatch names; a new word is UNKNOWN, never an error."""
        return cls(word) if word in cls.__members__ else cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as it is now; `metric` is namespace and name of what it watches, None for a composite one.

    `word` is the state as CloudWatch wrote it. `notifies` is false where its actions are off or it has none.
    """

    name: str
    state: AlarmState
    since: datetime
    reason: str
    description: str = ""
    metric: tuple[str, str] | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    notifies: bool = True
    word: str = ""

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
class Subscribers:
    """How many subscriptions the alarms' topic has: confirmed ones get the messages, pending ones do not."""

    confirmed: int
    pending: int = 0


@dataclass(frozen=True, slots=True)
class LaidDown:
    """What Terraform's state says of the alarms: the names of those it made, of those that have actions, and whether
    it subscribed anybody. `made` is None where the state does not tell.
    """

    made: frozenset[str] | None = None
    acting: frozenset[str] = frozenset()
    subscribes: bool = False


@dataclass(frozen=True, slots=True)
class AlarmsReport:
    """The alarms of one environment, the most serious first.

    `missing` are gone from CloudWatch, `never_made` were planned but no apply came to them, and `silent` have no
    actions although Terraform gave them some. `subscribers` is None where there is no topic; `subscribes` says whether
    Terraform subscribes anybody, which is a choice: whoever reads alarms elsewhere needs no subscription.
    """

    place: Place
    now: datetime
    alarms: tuple[Advised, ...]
    missing: tuple[str, ...] = ()
    never_made: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    subscribers: Subscribers | None = None
    subscribes: bool = False

    @property
    def total(self) -> int:
        return len(self.alarms) + len(self.missing) + len(self.never_made)

    @property
    def red(self) -> int:
        return len(self.in_state(AlarmState.ALARM))

    def in_state(self, state: AlarmState) -> tuple[Advised, ...]:
        return tuple(one for one in self.alarms if one.alarm.state is state)

    @property
    def is_unheard(self) -> bool:
        """Whether somebody was to be notified, and nobody is."""
        return self.subscribes and self.subscribers is not None and self.subscribers.confirmed == 0

    @property
    def is_well(self) -> bool:
        """Nothing is red or in an unknown state, and everything watches and notifies as Terraform set it up."""
        faults = (self.missing, self.never_made, self.silent, self.in_state(AlarmState.UNKNOWN))
        return not self.red and not self.is_unheard and not any(faults)


# What each watched metric leads to; {env} is the environment. A test asks for one for every alarm of the HCL.
ADVICE: Mapping[tuple[str, str], str] = {
    ("AWS/Lambda", "Errors"): "hybridctl logs {env} --since 15m --level error",
    ("AWS/Lambda", "Throttles"): "hybridctl metrics {env} --plot function.throttles",
    ("AWS/Lambda", "Duration"): "hybridctl metrics {env} --plot function.p99",
    ("AWS/ApiGateway", "5xx"): "hybridctl logs {env} --since 15m --status 5xx --access",
    ("AWS/DynamoDB", "ReadThrottleEvents"): "hybridctl troubleshoot throttling {env}",
    ("AWS/DynamoDB", "WriteThrottleEvents"): "hybridctl troubleshoot throttling {env}",
}
_COMPOSITE = "hybridctl alarms {env}"
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


def find_configured_alarms(resources: Resources) -> LaidDown:
    """What the state says of the alarms."""
    found = [*resources.of("aws_cloudwatch_metric_alarm"), *resources.of("aws_cloudwatch_composite_alarm")]
    attributes = [one.attributes for one in found]
    acting = [one for one in attributes if one.get("actions_enabled") is not False and one.get("alarm_actions")]
    return LaidDown(
        made=frozenset(str(one.get("alarm_name")) for one in attributes),
        acting=frozenset(str(one.get("alarm_name")) for one in acting),
        subscribes=bool(resources.of("aws_sns_topic_subscription")),
    )


def report(
    place: Place,
    now: datetime,
    found: Sequence[Alarm],
    wanted: Mapping[str, str],
    laid_down: LaidDown = LaidDown(),
    subscribers: Subscribers | None = None,
) -> AlarmsReport:
    """The alarms in order; `wanted` are full names by short one."""
    by_name = {alarm.name: alarm for alarm in found}
    shown = [
        Advised(short, by_name[name], advice(by_name[name], place.environment))
        for short, name in wanted.items()
        if name in by_name
    ]
    shown.sort(key=lambda one: (_ORDER.index(one.alarm.state), not one.alarm.is_composite, one.short))
    absent = {short: name for short, name in wanted.items() if name not in by_name}
    made = laid_down.made
    return AlarmsReport(
        place,
        now,
        tuple(shown),
        missing=tuple(short for short, name in absent.items() if made is None or name in made),
        never_made=tuple(short for short, name in absent.items() if made is not None and name not in made),
        silent=tuple(one.short for one in shown if not one.alarm.notifies and one.alarm.name in laid_down.acting),
        subscribers=subscribers,
        subscribes=laid_down.subscribes,
    )


def find_full_name(name: str, wanted: Mapping[str, str]) -> str:
    """The full name of the alarm that a person means by its full or short name; NotFound names the nearest."""
    if name in wanted:
        return wanted[name]
    if name in wanted.values():
        return name
    near = get_close_matches(name, wanted, n=3, cutoff=0.5) or list(wanted)
    raise NotFound(f"there is no alarm {name!r}", hint=f"alarms: {', '.join(near)}")


_ALARM_ARN = re.compile(r"arn:[\w-]+:cloudwatch:[\w-]+:\d*:alarm:(\S+)")


def shorten_reason(text: str) -> str:
    """A composite alarm's reason with the names of alarms in place of their ARNs."""
    return _ALARM_ARN.sub(r"\1", text)


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """Changes of state, newest first, under the alarms' short names."""

    since: datetime
    changes: tuple[AlarmChange, ...]


def newest_changes(changes: Iterable[AlarmChange], limit: int) -> list[AlarmChange]:
    """The newest `limit` of changes that come newest first; no more of them are read than that takes.

    A change from no data to OK tells something only where data had stopped before: of a new alarm it is the first
    reading, and is left out.
    """
    kept: list[AlarmChange] = []
    returned: dict[str, AlarmChange] = {}
    for change in changes:
        later = returned.pop(change.name, None)
        if later is not None and change.after is AlarmState.INSUFFICIENT_DATA:
            kept.append(later)
        if (change.before, change.after) == (AlarmState.INSUFFICIENT_DATA, AlarmState.OK):
            returned[change.name] = change
            continue
        kept.append(change)
        if len(kept) >= limit:
            break
    return sorted(kept, key=lambda one: one.at, reverse=True)[:limit]


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
