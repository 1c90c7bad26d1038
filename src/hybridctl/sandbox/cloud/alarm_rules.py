"""Find why CloudWatch refuses the settings of a metric alarm.

Source: AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, github.com/hashicorp/terraform/issues/24070 and
github.com/cloudtools/troposphere/pull/1276 (messages). The texts about missing settings are not documented.
"""

from collections.abc import Iterator, Mapping
from typing import Any

HOUR, DAY = 3600, 86_400
WEEK = 7 * DAY
_OF_ONE_METRIC = ("MetricName", "Namespace", "Period", "Statistic", "ExtendedStatistic", "Dimensions", "Unit")


def find_contradiction(alarm: Mapping[str, Any]) -> str:
    """Return why a request of PutMetricAlarm is refused; "" if it is not."""
    return next(_find(alarm), "")


def _find(alarm: Mapping[str, Any]) -> Iterator[str]:
    periods = alarm.get("EvaluationPeriods") or 1
    if (alarm.get("DatapointsToAlarm") or 1) > periods:
        yield "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    if alarm.get("Metrics"):
        yield from (
            f"{name} should not be set if list of Metrics is set." for name in _OF_ONE_METRIC if alarm.get(name)
        )
        stats = [each["MetricStat"] for each in alarm["Metrics"] if each.get("MetricStat")]
        period = max((each.get("Period") or 0 for each in stats), default=0)
    else:
        yield from _check_one_metric(alarm)
        period = alarm.get("Period") or 0
    if alarm.get("Threshold") is None and not alarm.get("ThresholdMetricId"):
        yield "Threshold must be set for an alarm with a static threshold"
    limit, name = (WEEK, "a week") if period >= HOUR else (DAY, "a day")
    if period * periods > limit:
        yield f"Metrics cannot be checked across more than {name} (EvaluationPeriods * Period must be <= {limit})."


def _check_one_metric(alarm: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} must be set" for name in ("MetricName", "Namespace", "Period") if not alarm.get(name))
    if bool(alarm.get("Statistic")) is bool(alarm.get("ExtendedStatistic")):
        yield "Exactly one of Statistic or ExtendedStatistic must be set"
