"""Read metrics: exactly the requested series, by periods and statistic."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from hybridctl.sandbox.cloud import emulator

Points = list[dict[str, Any]]


class RecordedSeries:
    """The emulator's stored points, read in the scope of the request unless another is given."""

    def __init__(self) -> None:
        self._cloudwatch = emulator.service(
            "cloudwatch", "_calc_stats", "_dims_from_list", "_dims_key", "_metrics", "_stat_value"
        )

    def points(self, namespace: str, name: str, dimensions: Iterable[Mapping[str, str]]) -> Points:
        """Return the points of a metric by name *and* dimensions: without dimensions, those of the metric that has
        none, never a sum.
        """
        key = (namespace, name, self._cloudwatch["_dims_key"](self._cloudwatch["_dims_from_list"](list(dimensions))))
        return list(self._cloudwatch["_metrics"].get(key) or ())

    def statistic(self, points: Points, name: str) -> float | None:
        """Return one statistic over points; None if there are none."""
        stats = self._cloudwatch["_calc_stats"](points)
        if not stats:
            return None
        found: float | None = self._cloudwatch["_stat_value"](stats, name, points)
        return found

    def periods(self, metric: Mapping[str, Any], start: float, end: float) -> dict[int, float]:
        """Return values by period start (epoch seconds) of a MetricStat over [start, end); start is rounded down to a
        period.
        """
        period = int(metric.get("Period") or 60)
        what = metric["Metric"]
        buckets: dict[int, Points] = defaultdict(list)
        first = start // period * period
        for point in self.points(what["Namespace"], what["MetricName"], what.get("Dimensions") or []):
            if first <= point["Timestamp"] < end:
                buckets[int(point["Timestamp"] // period * period)].append(point)
        values = {at: self.statistic(points, metric["Stat"]) for at, points in buckets.items()}
        return {at: value for at, value in values.items() if value is not None}
