"""aws_cloudwatch_metric_alarm: one metric, or an expression over several queries."""

from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tags import tag_changes, tag_list, tag_map
from hybridctl.sandbox.provider.validation import not_here, too_long
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_empty

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
HIGH_RESOLUTION = (10, 20, 30)
FIELDS = {
    "actions_enabled": "ActionsEnabled",
    "alarm_actions": "AlarmActions",
    "alarm_description": "AlarmDescription",
    "alarm_name": "AlarmName",
    "comparison_operator": "ComparisonOperator",
    "datapoints_to_alarm": "DatapointsToAlarm",
    "evaluate_low_sample_count_percentiles": "EvaluateLowSampleCountPercentile",
    "evaluation_periods": "EvaluationPeriods",
    "extended_statistic": "ExtendedStatistic",
    "insufficient_data_actions": "InsufficientDataActions",
    "metric_name": "MetricName",
    "namespace": "Namespace",
    "ok_actions": "OKActions",
    "period": "Period",
    "statistic": "Statistic",
    "threshold": "Threshold",
    "treat_missing_data": "TreatMissingData",
}
REPORTED = {"threshold_metric_id": "ThresholdMetricId", "unit": "Unit"}  # by AWS; the sandbox evaluates neither
BANDS = ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")
OF_ONE_METRIC = ("dimensions", "extended_statistic", "metric_name", "namespace", "period", "statistic")


class MetricAlarm(ResourceType):
    type_name = "aws_cloudwatch_metric_alarm"
    noun = "CloudWatch Metric Alarm"
    names = ("alarm_name",)
    implements = frozenset({*FIELDS, "dimensions", "metric_query"})
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

    def validate(self, config: Values) -> Iterator[Problem]:
        if config["metric_name"] is not None and config["statistic"] is None and config["extended_statistic"] is None:
            yield Problem("One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm")
        yield from too_long(config, alarm_name=(1, 255), alarm_description=(0, 1024))
        if config["comparison_operator"] in BANDS:
            yield not_here(self.type_name, "anomaly detection bands", ("comparison_operator",))
        for name in ("datapoints_to_alarm", "evaluation_periods"):
            if config[name] not in (None, UNKNOWN) and config[name] < 1:
                yield Problem(f"expected {name} to be at least (1), got {config[name]}", path=(name,))
        period = config["period"]
        if period not in (None, UNKNOWN, *HIGH_RESOLUTION) and period % 60:
            text = f"expected period to be one of [10 20 30] or divisible by 60, got {period}"
            yield Problem(text, path=("period",))
        for query in config["metric_query"] or [] if config["metric_query"] is not UNKNOWN else []:
            if query is not UNKNOWN and query["expression"] not in (None, "", UNKNOWN) and query["metric"]:
                yield Problem("No metric_query may have both `expression` and a `metric` specified")

    def create(self, call: ResourceCall, planned: Values) -> str:
        self._put(call, planned)
        name = str(planned["alarm_name"])
        if planned["tags_all"]:
            arn = f"arn:{call.partition}:cloudwatch:{call.region}:{call.account}:alarm:{name}"
            call.aws("cloudwatch").tag_resource(ResourceARN=arn, Tags=tag_list(planned["tags_all"]))
        return name

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        cloudwatch, name = call.aws("cloudwatch"), state["id"]
        described = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])
        found = next(iter(described.get("MetricAlarms", [])), None)
        if found is None:
            return None
        return {
            **{argument: found.get(field) for argument, field in {**FIELDS, **REPORTED}.items()},
            "arn": found["AlarmArn"],
            "treat_missing_data": found.get("TreatMissingData", "missing"),
            "dimensions": _dimensions(found),
            "metric_query": [_query(entry) for entry in found.get("Metrics", [])],
            "tags_all": tag_map(cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        if changed - {"tags", "tags_all"}:
            self._put(call, planned)
        if "tags_all" in changed:
            gone, tags = tag_changes(prior, planned)
            if gone:
                call.aws("cloudwatch").untag_resource(ResourceARN=prior["arn"], TagKeys=gone)
            if tags:
                call.aws("cloudwatch").tag_resource(ResourceARN=prior["arn"], Tags=tag_list(tags))

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("cloudwatch").delete_alarms(AlarmNames=[prior["id"]])

    @staticmethod
    def _put(call: ResourceCall, planned: Values) -> None:
        asked = {field: planned[argument] for argument, field in FIELDS.items()}
        asked["Dimensions"] = _dimension_list(planned["dimensions"])
        asked["Metrics"] = [_query_request(query) for query in planned["metric_query"]]
        for field in ("Period", "DatapointsToAlarm"):
            asked[field] = asked[field] or None  # 0 is how the emulator spells none, and no request may say it
        call.aws("cloudwatch").put_metric_alarm(**drop_empty(asked))


def _dimension_list(dimensions: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in (dimensions or {}).items()]


def _dimensions(found: dict[str, Any]) -> dict[str, str]:
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


def _query(entry: dict[str, Any]) -> Values:
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
