"""aws_cloudwatch_metric_alarm: one metric, or an expression over several queries."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.validation import not_here
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_empty, drop_unknown

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
HIGH_RESOLUTION = (10, 20, 30)
BANDS = ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")
OF_ONE_METRIC = ("dimensions", "extended_statistic", "metric_name", "namespace", "period", "statistic")
SPECIAL = frozenset({"dimensions", "metric_query"})
ALARM_TAGS = TagCalls("cloudwatch")


def tag_new_alarm(call: ResourceCall, planned: Values) -> str:
    """Give an alarm that was just made its tags; its name."""
    name = str(planned["alarm_name"])
    if planned["tags_all"]:
        arn = f"arn:{call.partition}:cloudwatch:{call.region}:{call.account}:alarm:{name}"
        call.aws("cloudwatch").tag_resource(ResourceARN=arn, Tags=ALARM_TAGS.write(planned["tags_all"]))
    return name


class MetricAlarm(ResourceType):
    type_name = "aws_cloudwatch_metric_alarm"
    noun = "CloudWatch Metric Alarm"
    names = ("alarm_name",)
    aws_names: ClassVar = {
        "arn": "AlarmArn",
        "evaluate_low_sample_count_percentiles": "EvaluateLowSampleCountPercentile",
        "ok_actions": "OKActions",
    }
    implements = frozenset(
        {
            *OF_ONE_METRIC,
            "actions_enabled",
            "alarm_actions",
            "alarm_description",
            "alarm_name",
            "comparison_operator",
            "datapoints_to_alarm",
            "evaluate_low_sample_count_percentiles",
            "evaluation_periods",
            "insufficient_data_actions",
            "metric_query",
            "ok_actions",
            "threshold",
            "treat_missing_data",
        }
    )
    refuses = frozenset({"metric_query.account_id", "metric_query.metric.unit"})
    defaults: ClassVar = {"actions_enabled": True, "treat_missing_data": "missing", "metric_query.return_data": False}
    force_new = frozenset({"alarm_name"})
    choices: ClassVar = {
        "comparison_operator": (
            "GreaterThanOrEqualToThreshold",
            "GreaterThanThreshold",
            "LessThanThreshold",
            "LessThanOrEqualToThreshold",
            *BANDS,
        ),
        "evaluate_low_sample_count_percentiles": ("evaluate", "ignore"),
        "statistic": STATISTICS,
        "treat_missing_data": ("breaching", "notBreaching", "ignore", "missing"),
    }
    conflicts = (
        ("extended_statistic", "statistic"),
        *(("metric_query", name) for name in OF_ONE_METRIC),
    )
    lengths: ClassVar = {"alarm_name": (1, 255), "alarm_description": (0, 1024)}
    ranges: ClassVar = {"datapoints_to_alarm": (1, None), "evaluation_periods": (1, None)}
    unreported = SPECIAL
    tagging = ALARM_TAGS

    def validate(self, config: Values) -> Iterator[Problem]:
        if config["metric_name"] is not None and config["statistic"] is None and config["extended_statistic"] is None:
            yield Problem("One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm")
        if config["comparison_operator"] in BANDS:
            yield not_here(self.type_name, "anomaly detection bands", ("comparison_operator",))
        period = config["period"]
        if period not in (None, UNKNOWN, *HIGH_RESOLUTION) and period % 60:
            text = f"expected period to be one of [10 20 30] or divisible by 60, got {period}"
            yield Problem(text, path=("period",))
        for query in drop_unknown(config["metric_query"]):
            if query["expression"] not in (None, "", UNKNOWN) and query["metric"]:
                yield Problem("No metric_query may have both `expression` and a `metric` specified")

    def create(self, call: ResourceCall, planned: Values) -> str:
        self._put(call, planned)
        return tag_new_alarm(call, planned)

    def _put(self, call: ResourceCall, planned: Values) -> None:
        asked = self.request(planned, self.implements - SPECIAL)
        for member in ("Period", "DatapointsToAlarm"):
            if not asked.get(member):
                asked.pop(member, None)  # 0 is how the emulator spells none, and no request may say it
        asked["Dimensions"] = _dimension_list(planned["dimensions"])
        asked["Metrics"] = [_query_request(query) for query in planned["metric_query"]]
        call.aws("cloudwatch").put_metric_alarm(**drop_empty(asked))

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        described = call.aws("cloudwatch").describe_alarms(AlarmNames=[state["id"]], AlarmTypes=["MetricAlarm"])
        alarm = next(iter(described.get("MetricAlarms", [])), None)
        if alarm is None:
            return None
        return {
            **self.report(alarm),
            "treat_missing_data": alarm.get("TreatMissingData", "missing"),
            "dimensions": _dimensions(alarm),
            "metric_query": [_query(entry) for entry in alarm.get("Metrics", [])],
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del prior, changed
        self._put(call, planned)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("cloudwatch").delete_alarms(AlarmNames=[prior["id"]])


def _dimension_list(dimensions: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in (dimensions or {}).items()]


def _dimensions(found: Mapping[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in found.get("Dimensions", [])}


def _query_request(query: Values) -> dict[str, Any]:
    metric = (query["metric"] or [None])[0]
    stat = metric and drop_empty(
        {
            "Metric": drop_empty(
                {
                    "Namespace": metric["namespace"],
                    "MetricName": metric["metric_name"],
                    "Dimensions": _dimension_list(metric["dimensions"]),
                }
            ),
            "Period": metric["period"],
            "Stat": metric["stat"],
        }
    )
    optional = {
        "Expression": query["expression"],
        "Label": query["label"],
        "MetricStat": stat,
        "Period": query["period"] or None,
    }
    return {"Id": query["id"], "ReturnData": bool(query["return_data"]), **drop_empty(optional)}


def _query(entry: Mapping[str, Any]) -> Values:
    stat = entry.get("MetricStat")
    metric = stat and {
        "metric_name": stat["Metric"].get("MetricName", ""),
        "namespace": stat["Metric"].get("Namespace", ""),
        "dimensions": _dimensions(stat["Metric"]),
        "period": stat["Period"],
        "stat": stat["Stat"],
        "unit": stat.get("Unit", ""),
    }
    return {
        "id": entry["Id"],
        "account_id": entry.get("AccountId", ""),
        "expression": entry.get("Expression", ""),
        "label": entry.get("Label", ""),
        "period": entry.get("Period"),
        "return_data": entry.get("ReturnData", False),
        "metric": [metric] if metric else [],
    }
