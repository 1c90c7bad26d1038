"""Alarms: the state of each one, its time and reason, and the command to run when it is red."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum, unique

from hybridctl.domain.environment import Place
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.tfstate import Resources
from hybridctl.errors import NotFound


@unique
class AlarmState(StrEnum):
    """CloudWatch's alarm states, most serious first. `UNKNOWN` stands for a state that this version does not know."""

    ALARM = "ALARM"
    UNKNOWN = "UNKNOWN"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    OK = "OK"

    @classmethod
    def of(cls, word: str) -> "AlarmState":
        """Return the state that CloudWatch names, or UNKNOWN for a new name. Never raises."""
        return cls(word) if word in cls.__members__ else cls.UNKNOWN


@dataclass(frozen=True, slots=True)
class Alarm:
    """The current state of an alarm. `metric` is the namespace and name of its metric, None for a composite alarm.

    `word` is the state as CloudWatch wrote it. `notifies` is false if the alarm's actions are disabled or it has none.
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
class Advised:
    """An alarm with its short name and the command to run when it is red."""

    short: str
    alarm: Alarm
    advice: str


@dataclass(frozen=True, slots=True)
class Subscribers:
    """The number of subscriptions to the alarms' topic. Only confirmed subscriptions receive messages."""

    confirmed: int
    pending: int = 0


@dataclass(frozen=True, slots=True)
class LaidDown:
    """The alarms in Terraform's state: the names of all alarms, the names of those with actions, and whether Terraform
    created a subscription. `made` is None if the state does not say.
    """

    made: frozenset[str] | None = None
    acting: frozenset[str] = frozenset()
    subscribes: bool = False


@dataclass(frozen=True, slots=True)
class AlarmsReport:
    """The alarms of one environment, most serious first.

    `missing` alarms no longer exist in CloudWatch, `never_made` alarms were planned but not created yet, and `silent`
    alarms have no actions although Terraform set some. `subscribers` is None if there is no topic; `topic_is_gone` says
    that an output names one. `subscribes` says whether Terraform creates a subscription, which is optional.
    """

    place: Place
    now: datetime
    alarms: tuple[Advised, ...]
    missing: tuple[str, ...] = ()
    never_made: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    subscribers: Subscribers | None = None
    subscribes: bool = False
    topic_is_gone: bool = False

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
        """Whether Terraform created a subscription but nobody confirmed it."""
        return self.subscribes and self.subscribers is not None and self.subscribers.confirmed == 0

    @property
    def lacks_parts(self) -> bool:
        """Whether alarms, their actions or their topic are missing: a deploy makes them again."""
        return bool(self.missing or self.never_made or self.silent or self.topic_is_gone)

    @property
    def is_well(self) -> bool:
        """Whether no alarm is red or in an unknown state, and all alarms exist and notify as Terraform configured
        them.
        """
        return not (self.red or self.lacks_parts or self.is_unheard or self.in_state(AlarmState.UNKNOWN))


# The command for each watched metric; {env} is the environment. A test requires one for every alarm in the HCL.
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
    """Return the command that shows more about an alarm."""
    text = _COMPOSITE if alarm.metric is None else ADVICE.get(alarm.metric, _UNKNOWN)
    return text.format(env=environment)


def names_in(outputs: Outputs) -> list[str]:
    """Return the names of all alarms that Terraform created, the composite alarm (if any) last."""
    composite = outputs.values.get("composite_alarm_name")
    return [*map(str, outputs.values.get("alarm_names", [])), *([str(composite)] if composite else [])]


def short_name(name: str, project: str, environment: str) -> str:
    """Return the alarm's name without the parts that all names of an environment share:
    `<project>-<thing>-<environment>`.
    """
    return name.removeprefix(f"{project}-").removesuffix(f"-{environment}")


def find_configured_alarms(resources: Resources) -> LaidDown:
    """Return the alarms that Terraform's state contains."""
    alarms = [*resources.of("aws_cloudwatch_metric_alarm"), *resources.of("aws_cloudwatch_composite_alarm")]
    attributes = [one.attributes for one in alarms]
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
    *,
    topic_is_gone: bool = False,
) -> AlarmsReport:
    """Build the report, with the alarms in order. `wanted` maps short names to full names."""
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
        topic_is_gone=topic_is_gone,
    )


def find_full_name(name: str, wanted: Mapping[str, str]) -> str:
    """Return the full name of the alarm with this full or short name. Raises NotFound, which lists the closest
    names.
    """
    if name in wanted:
        return wanted[name]
    if name in wanted.values():
        return name
    near = get_close_matches(name, wanted, n=3, cutoff=0.5) or list(wanted)
    raise NotFound(f"there is no alarm {name!r}", hint=f"alarms: {', '.join(near)}")


_ALARM_ARN = re.compile(r"arn:[\w-]+:cloudwatch:[\w-]+:\d*:alarm:(\S+)")


def shorten_reason(text: str) -> str:
    """Replace the ARNs in a composite alarm's reason by alarm names."""
    return _ALARM_ARN.sub(r"\1", text)
