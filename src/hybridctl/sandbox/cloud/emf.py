"""CloudWatch's embedded metric format: metrics in log lines.

Specification: AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from typing import Any

from hybridctl.log_json import finite, read_object
from hybridctl.sandbox.cloud.meter import Dimensions, Meter

_LATEST = 10_000_000_000_000  # milliseconds: a time beyond the year 2286 is none


def record(meter: Meter, line: str) -> None:
    """Count the metrics in one log line; other and malformed lines contain none."""
    if not line.startswith("{") or '"_aws"' not in line:
        return
    event = read_object(line)
    if event is None:
        return
    try:
        directives = event["_aws"]["CloudWatchMetrics"]
        at = finite(event["_aws"]["Timestamp"])
        if at is None or not 0 <= at < _LATEST:
            return
        for directive in directives:
            sets = [tuple((name, str(event[name])) for name in names) for names in directive["Dimensions"]]
            for metric in directive["Metrics"]:
                for value in _values(event[metric["Name"]]):
                    _count(meter, directive["Namespace"], metric, value, sets, at / 1000)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return


def _values(value: Any) -> list[float]:
    """Return the values of a metric. Raises ValueError for a value that is not finite, which CloudWatch refuses."""
    found = [finite(each) for each in (value if isinstance(value, list) else [value])]
    if None in found:
        raise ValueError("not a number")
    return [each for each in found if each is not None]


def _count(
    meter: Meter, namespace: str, metric: dict[str, str], value: float, sets: list[Dimensions], at: float
) -> None:
    meter.count(namespace, metric["Name"], value, metric.get("Unit", "None"), sets, at)
