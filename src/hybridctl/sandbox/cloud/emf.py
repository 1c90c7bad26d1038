"""CloudWatch's embedded metric format: a log line that is also metrics.

Specification: AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from typing import Any

from hybridctl.sandbox.cloud.meter import Dimensions, Meter


def record(meter: Meter, line: str) -> None:
    """Count the metrics that one log line carries; a line that is none, or is malformed, carries none."""
    if not line.startswith("{") or '"_aws"' not in line:
        return
    try:
        event = json.loads(line)
        directives = event["_aws"]["CloudWatchMetrics"]
        at = event["_aws"]["Timestamp"] / 1000
        for directive in directives:
            sets = [tuple((name, str(event[name])) for name in names) for names in directive["Dimensions"]]
            for metric in directive["Metrics"]:
                for value in _values(event[metric["Name"]]):
                    _count(meter, directive["Namespace"], metric, value, sets, at)
    except (KeyError, TypeError, ValueError):
        return


def _values(value: Any) -> list[float]:
    return [float(each) for each in value] if isinstance(value, list) else [float(value)]


def _count(
    meter: Meter, namespace: str, metric: dict[str, str], value: float, sets: list[Dimensions], at: float
) -> None:
    meter.count(namespace, metric["Name"], value, metric.get("Unit", "None"), sets, at)
