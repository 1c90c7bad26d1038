"""CloudWatch's alarms and their history."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import GONE, explain_failures
from hybridctl.domain.alarm_history import AlarmChange
from hybridctl.domain.alarms import Alarm, AlarmState, shorten_reason
from hybridctl.errors import NotFound

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.literals import AlarmTypeType
    from types_boto3_cloudwatch.type_defs import AlarmHistoryItemTypeDef, CompositeAlarmTypeDef, MetricAlarmTypeDef

NAMES_A_CALL = 100
_KINDS: "list[AlarmTypeType]" = [
    "MetricAlarm",
    "CompositeAlarm",
]  # without it, CloudWatch leaves out composite alarms
_SUMMARY = re.compile(r"from (\w+) to (\w+)")


class CloudWatchAlarms:
    """Alarms of one region. The client is opened on first use."""

    def __init__(self, open_client: Callable[[], "CloudWatchClient"]) -> None:
        self._open = open_client

    def alarms(self, names: Sequence[str]) -> Sequence[Alarm]:
        """Return the alarms with these names. Missing ones are left out."""
        found: list[Alarm] = []
        with explain_failures("reading the alarms (cloudwatch:DescribeAlarms)"):
            for first in range(0, len(names), NAMES_A_CALL):
                listed = list(names[first : first + NAMES_A_CALL])
                pages = self._open().get_paginator("describe_alarms")
                for page in pages.paginate(AlarmNames=listed, AlarmTypes=_KINDS):
                    found += [_read_metric_alarm(raw) for raw in page.get("MetricAlarms", [])]
                    found += [_read_alarm(raw) for raw in page.get("CompositeAlarms", [])]
        return found

    def history(self, since: datetime, *, name: str | None = None) -> Iterator[AlarmChange]:
        """Yield state changes since `since`, newest first. Pages are read as needed."""
        alone = {"AlarmName": name} if name else {}
        with explain_failures("reading the alarms' history (cloudwatch:DescribeAlarmHistory)"):
            paginator = self._open().get_paginator("describe_alarm_history")
            pages = paginator.paginate(
                AlarmTypes=_KINDS,
                HistoryItemType="StateUpdate",
                StartDate=since,
                ScanBy="TimestampDescending",
                PaginationConfig={"PageSize": 100},
                **alone,
            )
            for page in pages:
                for item in page["AlarmHistoryItems"]:
                    if (change := _change(item)) is not None:
                        yield change

    def set_state(self, name: str, state: AlarmState, reason: str) -> None:
        """Set the state of an alarm until CloudWatch evaluates it again. Raises NotFound if the alarm does not
        exist.
        """
        word: Any = state.value
        doing = f"putting the alarm {name} in the state {state}"
        gone = NotFound(f"{doing}: there is no such alarm", hint="hybridctl alarms lists the alarms")
        with explain_failures(doing, {"ResourceNotFound": gone, GONE: gone}):
            self._open().set_alarm_state(AlarmName=name, StateValue=word, StateReason=reason)


def _read_metric_alarm(raw: "MetricAlarmTypeDef") -> Alarm:
    return replace(
        _read_alarm(raw),
        metric=(raw.get("Namespace", ""), raw.get("MetricName", "")),
        dimensions=tuple((one["Name"], one["Value"]) for one in raw.get("Dimensions", [])),
    )


def _read_alarm(raw: "MetricAlarmTypeDef | CompositeAlarmTypeDef") -> Alarm:
    return Alarm(
        name=raw["AlarmName"],
        state=AlarmState.of(raw["StateValue"]),
        word=raw["StateValue"],
        since=_since(raw),
        reason=shorten_reason(_one_line(raw.get("StateReason", ""))),
        description=raw.get("AlarmDescription", ""),
        notifies=raw.get("ActionsEnabled", True) and bool(raw.get("AlarmActions")),
    )


def _since(raw: "MetricAlarmTypeDef | CompositeAlarmTypeDef") -> datetime:
    """Return when the state changed. CloudWatch's "updated" time also changes when only the reason changes."""
    return (raw.get("StateTransitionedTimestamp") or raw["StateUpdatedTimestamp"]).astimezone(UTC)


def _change(item: "AlarmHistoryItemTypeDef") -> AlarmChange | None:
    """Parse a change from the item's JSON, else from its summary. Return None if neither contains it."""
    try:
        data = json.loads(item.get("HistoryData") or "{}")
        before, after = (data.get(side) or {} for side in ("oldState", "newState"))
    except (ValueError, AttributeError):
        before, after = {}, {}
    sentence = _SUMMARY.search(item.get("HistorySummary", ""))
    old = _state(before.get("stateValue") or (sentence[1] if sentence else None))
    new = _state(after.get("stateValue") or (sentence[2] if sentence else None))
    if new is None:
        return None
    reason = shorten_reason(_one_line(str(after.get("stateReason") or "")))
    return AlarmChange(item["AlarmName"], item["Timestamp"].astimezone(UTC), old, new, reason)


def _state(text: str | None) -> AlarmState | None:
    return AlarmState.of(text) if text else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
