"""Settings of an alarm that contradict each other."""

import pytest
from botocore.exceptions import ClientError

from hybridctl.sandbox.cloud.alarm_rules import find_contradiction

ALARM = {
    "AlarmName": "contradicts",
    "MetricName": "Errors",
    "Namespace": "AWS/Lambda",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 3,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
METRIC = {"Metric": {"MetricName": "Errors", "Namespace": "AWS/Lambda"}, "Period": 300, "Stat": "Sum"}
QUERIES = [
    {"Id": "m", "MetricStat": METRIC, "ReturnData": False},
    {"Id": "e", "Expression": "m * 2"},
]
MATH = {"Metrics": QUERIES, "EvaluationPeriods": 1, "Threshold": 1.0}


@pytest.mark.parametrize(
    "alarm",
    [
        ALARM,
        {**ALARM, "Statistic": None, "ExtendedStatistic": "p99"},
        {**ALARM, "Period": 60, "EvaluationPeriods": 1440},
        {**ALARM, "Period": 3600, "EvaluationPeriods": 168},
        MATH,
        {**MATH, "Threshold": None, "ThresholdMetricId": "e"},
    ],
)
def test_settings_that_agree(alarm):
    assert find_contradiction(alarm) == ""


@pytest.mark.parametrize(
    ("alarm", "expected"),
    [
        ({**ALARM, "DatapointsToAlarm": 4}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({**ALARM, "EvaluationPeriods": 1441}, "across more than a day (EvaluationPeriods * Period must be <= 86400)"),
        ({**ALARM, "Period": 3600, "EvaluationPeriods": 169}, "across more than a week"),
        ({**ALARM, "Statistic": None}, "Exactly one of Statistic or ExtendedStatistic"),
        ({**ALARM, "ExtendedStatistic": "p99"}, "Exactly one of Statistic or ExtendedStatistic"),
        ({**ALARM, "Period": None}, "Period must be set"),
        ({**ALARM, "Threshold": None}, "Threshold must be set"),
        ({**MATH, "Statistic": "Sum"}, "Statistic should not be set if list of Metrics is set."),
        ({**MATH, "EvaluationPeriods": 289}, "across more than a day"),
    ],
)
def test_settings_that_contradict_each_other(alarm, expected):
    assert expected in find_contradiction(alarm)


def test_such_an_alarm_is_refused(sandbox):
    with pytest.raises(ClientError, match="DatapointsToAlarm must be less") as caught:
        sandbox.client("cloudwatch").put_metric_alarm(**{**ALARM, "DatapointsToAlarm": 4})
    assert caught.value.response["Error"]["Code"] == "ValidationError"
