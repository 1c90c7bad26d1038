"""GetMetricData and GetMetricStatistics as in CloudWatch: exact series, metric math, order, limits."""

import time
from typing import Any

from hybridctl.sandbox.cloud import emulator, metric_math
from hybridctl.sandbox.cloud.series import RecordedSeries

QUERIES = 500
DATAPOINTS = 1440
EVICTION_SECONDS = 60.0
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")


class MetricData:
    """Replaces the emulator's two reading operations; the protocol layer has converted everything to JSON."""

    def __init__(self) -> None:
        self._series = RecordedSeries()
        self._evict_at = 0.0
        self._cloudwatch = emulator.service("cloudwatch", "_parse_ts")

    def install(self) -> None:
        parameters = "params cbor_data is_cbor is_json"
        emulator.replace(self._cloudwatch.module, "_evict_old_metrics", "", self._evict)
        emulator.substitute(self._cloudwatch.module, "_get_metric_data", parameters, self._get_data)
        emulator.substitute(self._cloudwatch.module, "_get_metric_statistics", parameters, self._get_statistics)

    def _evict(self, original: emulator.Original) -> None:
        """Drop old points once a minute: the emulator looks at every point in every request."""
        if time.monotonic() >= self._evict_at:
            self._evict_at = time.monotonic() + EVICTION_SECONDS
            original()

    def _get_data(self, _: Any, request: dict[str, Any], *__: Any, **___: Any) -> emulator.Answer:
        queries = request.get("MetricDataQueries") or []
        if len(queries) > QUERIES:
            return emulator.refuse("ValidationError", f"The number of queries must not exceed {QUERIES}.")
        ids = [query.get("Id", "") for query in queries]
        if len(set(ids)) != len(ids):
            return emulator.refuse(
                "ValidationError", "The values for parameter id in MetricDataQueries are not unique."
            )
        start, end = self._time(request["StartTime"]), self._time(request["EndTime"])
        if start >= end:
            return emulator.refuse(
                "ValidationError", "The parameter StartTime must be less than the parameter EndTime."
            )
        try:
            values = self._evaluate(queries, start, end)
        except metric_math.ExpressionInvalid as error:
            return emulator.refuse("ValidationError", str(error))
        descending = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        results = [
            self._result(query, values[query["Id"]], descending) for query in queries if query.get("ReturnData", True)
        ]
        return emulator.answer_json({"MetricDataResults": results, "Messages": []})

    def _evaluate(self, queries: list[dict[str, Any]], start: float, end: float) -> dict[str, dict[int, float]]:
        found = {
            query["Id"]: self._series.periods(query["MetricStat"], start, end)
            for query in queries
            if "MetricStat" in query
        }
        waiting = [query for query in queries if "Expression" in query]
        while waiting:
            ready = [query for query in waiting if metric_math.identifiers(query["Expression"]) <= found.keys()]
            if not ready:
                raise metric_math.ExpressionInvalid(f"Unknown id in expression '{waiting[0]['Expression']}'")
            for query in ready:
                found[query["Id"]] = _along(query["Expression"], found)
                waiting.remove(query)
        return found

    def _result(self, query: dict[str, Any], values: dict[int, float], descending: bool) -> dict[str, Any]:
        order = sorted(values, reverse=descending)
        metric = (query.get("MetricStat") or {}).get("Metric") or {}
        return {
            "Id": query["Id"],
            "Label": query.get("Label") or metric.get("MetricName") or query["Id"],
            "Timestamps": order,
            "Values": [values[at] for at in order],
            "StatusCode": "Complete",
        }

    def _get_statistics(self, _: Any, request: dict[str, Any], *__: Any, **___: Any) -> emulator.Answer:
        start, end = self._time(request["StartTime"]), self._time(request["EndTime"])
        period = int(request.get("Period") or 60)
        asked = [*(request.get("Statistics") or []), *(request.get("ExtendedStatistics") or [])]
        if not asked:
            return emulator.refuse(
                "InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics"
            )
        if (end - start) / period > DATAPOINTS:
            points = int((end - start) / period)
            return emulator.refuse(
                "InvalidParameterCombination",
                f"You have requested up to {points} datapoints, which exceeds the limit of {DATAPOINTS}.",
            )
        namespace, name, dimensions = request["Namespace"], request["MetricName"], request.get("Dimensions") or []
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
        by_statistic = {
            each: self._series.periods({"Period": period, "Metric": metric, "Stat": each}, start, end) for each in asked
        }
        stored = self._series.points(namespace, name, dimensions)
        unit = stored[0]["Unit"] if stored else "None"
        datapoints = []
        for at in sorted({moment for values in by_statistic.values() for moment in values}):
            point: dict[str, Any] = {"Timestamp": at, "Unit": unit}
            for name, values in by_statistic.items():
                target = point if name in STATISTICS else point.setdefault("ExtendedStatistics", {})
                if at in values:
                    target[name] = values[at]
            datapoints.append(point)
        return emulator.answer_json({"Label": request["MetricName"], "Datapoints": datapoints})

    def _time(self, value: Any) -> float:
        return float(self._cloudwatch["_parse_ts"](value))


def _along(expression: str, series: dict[str, dict[int, float]]) -> dict[int, float]:
    """Evaluate the expression at each time at which an operand has a value."""
    operands = metric_math.identifiers(expression)
    moments = {at for name in operands for at in series[name]}
    values = {at: metric_math.evaluate(expression, {name: series[name].get(at) for name in operands}) for at in moments}
    return {at: value for at, value in values.items() if value is not None}
