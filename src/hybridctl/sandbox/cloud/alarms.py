"""CloudWatch alarms that keep every setting, and evaluate their series, periods and missing data."""

import operator
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hybridctl.sandbox.cloud import emulator, metric_math
from hybridctl.sandbox.cloud.alarm_rules import find_contradiction
from hybridctl.sandbox.cloud.emulator import Answer
from hybridctl.sandbox.cloud.series import RecordedSeries

COMPARE = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
# Settings that the emulator does not store, or invents if they were not given.
KEPT = ("Metrics", "ThresholdMetricId", "EvaluateLowSampleCountPercentile", "Unit")
MADE_UP = ("Statistic", "Period", "MetricName", "Namespace", "TreatMissingData", "ExtendedStatistic", "Dimensions")
KEPT_OF_COMPOSITE = ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
PARAMETERS = "params cbor_data is_cbor is_json"
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlarmVerdict:
    state: str
    reason: str


class Alarms:
    """The emulator's alarms, completed; the protocol layer has converted every request to JSON."""

    def __init__(self) -> None:
        self._series = RecordedSeries()
        self._cloudwatch = emulator.service(
            "cloudwatch",
            "_alarms",
            "_composite_alarms",
            "_dispatch_alarm_actions",
            "_evaluate_all_alarms",
            "_evaluate_parent_alarms",
            "_record_history",
        )

    def install(self) -> None:
        cloudwatch = self._cloudwatch
        emulator.replace(cloudwatch.module, "_put_metric_alarm", PARAMETERS, self._put_metric)
        emulator.replace(cloudwatch.module, "_put_composite_alarm", PARAMETERS, self._put_composite)
        emulator.substitute(cloudwatch.module, "_evaluate_alarm", "alarm", self.evaluate)

    def _put_metric(self, original: emulator.Original, params: Any, request: dict[str, Any], *kind: bool) -> Answer:
        if why := find_contradiction(request):
            return emulator.refuse("ValidationError", why)
        answer = original(params, request, *kind)
        _complete(answer, self._cloudwatch["_alarms"], request, KEPT, MADE_UP)
        return answer

    def _put_composite(self, original: emulator.Original, params: Any, request: dict[str, Any], *kind: bool) -> Answer:
        answer = original(params, request, *kind)
        _complete(answer, self._cloudwatch["_composite_alarms"], request, KEPT_OF_COMPOSITE)
        return answer

    def evaluate_all(self) -> None:
        """Evaluate every metric alarm; composite alarms follow their children."""
        self._cloudwatch["_evaluate_all_alarms"]()

    def evaluate(self, alarm: dict[str, Any]) -> None:
        verdict = self.verdict(alarm, time.time())
        before = alarm.get("StateValue")
        if verdict is None or verdict.state == before:
            return
        now = datetime.now(UTC)
        alarm.update(
            StateValue=verdict.state,
            StateReason=verdict.reason,
            StateUpdatedTimestamp=int(now.timestamp()),
            StateTransitionedTimestamp=int(now.timestamp()),
        )
        self._cloudwatch["_record_history"](alarm["AlarmName"], before, verdict.state, verdict.reason)
        self._cloudwatch["_dispatch_alarm_actions"](alarm, before, verdict.state, verdict.reason)
        self._cloudwatch["_evaluate_parent_alarms"](alarm)

    def verdict(self, alarm: Mapping[str, Any], now: float) -> AlarmVerdict | None:
        """Return the state according to the last periods; None to keep the current one.

        AWS evaluates whole periods once a minute. Here the periods end now, so that a rehearsal need not wait. Source:
        AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
        """
        count = int(alarm.get("EvaluationPeriods") or 1)
        needed = int(alarm.get("DatapointsToAlarm") or count)
        values = [self._value(alarm, now, back) for back in range(count)]
        known = [value for value in values if value is not None]
        treat = alarm.get("TreatMissingData") or "missing"
        breaches = COMPARE.get(str(alarm.get("ComparisonOperator")))
        if breaches is None:
            return None
        breaching = sum(breaches(value, float(alarm.get("Threshold") or 0)) for value in known)
        if treat == "breaching":
            breaching += len(values) - len(known)
        if breaching >= needed:
            return AlarmVerdict("ALARM", self._state_reason(alarm, known, breaching))
        if not known and treat in ("missing", "ignore"):
            return AlarmVerdict("INSUFFICIENT_DATA", "Insufficient Data: no datapoints") if treat == "missing" else None
        return AlarmVerdict("OK", self._state_reason(alarm, known, breaching))

    def _state_reason(self, alarm: Mapping[str, Any], known: list[float], breaching: int) -> str:
        shown = ", ".join(f"{value:g}" for value in known)
        return (
            f"Threshold Crossed: {breaching} of {len(known)} datapoints [{shown}] "
            f"{alarm.get('ComparisonOperator')} ({alarm.get('Threshold')})"
        )

    def _value(self, alarm: Mapping[str, Any], now: float, back: int) -> float | None:
        if not alarm.get("Metrics"):
            what = {name: alarm.get(name) for name in ("Namespace", "MetricName", "Dimensions")}
            statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
            return self._window({"Metric": what, "Stat": statistic, "Period": alarm.get("Period")}, now, back)
        values: dict[str, float | None] = {}
        expressions = {}
        for query in alarm["Metrics"]:
            if "MetricStat" in query:
                values[query["Id"]] = self._window(query["MetricStat"], now, back)
            else:
                expressions[query["Id"]] = query["Expression"]
        for _ in range(len(expressions)):  # an expression may read another one
            for name, expression in expressions.items():
                if metric_math.identifiers(expression) <= values.keys():
                    values[name] = metric_math.evaluate(expression, values)
        answer = next(query["Id"] for query in alarm["Metrics"] if query.get("ReturnData", True))
        return values.get(answer)

    def _window(self, metric: Mapping[str, Any], now: float, back: int) -> float | None:
        period = int(metric.get("Period") or 60)
        end, what = now - back * period, metric["Metric"]
        points = self._series.points(what["Namespace"], what["MetricName"], what.get("Dimensions") or [])
        return self._series.statistic([p for p in points if end - period <= p["Timestamp"] <= end], metric["Stat"])


def _complete(answer: Answer, store: Any, request: dict[str, Any], kept: Names, made_up: Names = ()) -> None:
    """Store exactly the settings of the request in the alarm."""
    alarm = store.get(request.get("AlarmName", "")) if answer[0] == 200 else None
    if alarm is not None:
        alarm.update({name: request[name] for name in kept if name in request})
        for name in (*made_up, *kept):
            if name not in request:
                alarm.pop(name, None)
