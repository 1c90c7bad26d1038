"""Metrics of AWS's services: counted without delaying the request, and stored merged."""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hybridctl.sandbox.cloud import emulator

Dimensions = tuple[tuple[str, str], ...]

# Three significant digits: percentiles stay within half a percent, and equal values share one stored point.
DIGITS = 3


class Meter:
    """Counts immediately, stores at the next `flush`; thread-safe."""

    def __init__(self, *, counted: Callable[[], None], stored: Callable[[], None]) -> None:
        self._counted = counted
        self._stored = stored
        self._pending: deque[tuple[str, str, float, str, Iterable[Dimensions], float]] = deque()
        self._lock = threading.Lock()
        self._points: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._cloudwatch = emulator.service("cloudwatch", "_dims_key", "_metric_bucket")

    def count(
        self,
        namespace: str,
        name: str,
        value: float,
        unit: str,
        dimensions: Iterable[Dimensions],
        at: float | None = None,
    ) -> None:
        """Count one observation for each dimension set; `at` is in epoch seconds, by default now."""
        self._pending.append((namespace, name, value, unit, tuple(dimensions), at or time.time()))
        self._counted()

    def flush(self) -> None:
        """Store the counts since the last flush."""
        with self._lock:
            merged: Counter[tuple[Any, ...]] = Counter()
            while self._pending:
                namespace, name, value, unit, sets, at = self._pending.popleft()
                rounded = _round(value)
                for dimensions in sets:
                    merged[namespace, name, unit, dimensions, int(at), rounded] += 1
            for key, count in merged.items():
                self._add(key, count)
            if len(self._points) > 50_000:  # only the points of the running seconds can still grow
                self._points.clear()
        if merged:
            self._stored()

    async def flush_first(self, forward: emulator.Handler, request: emulator.ServiceRequest) -> emulator.Answer:
        """Flush before CloudWatch is read."""
        self.flush()
        return await forward(*request)

    def _add(self, key: tuple[Any, ...], count: int) -> None:
        point = self._points.get(key)
        if point is not None:
            point["Count"] += count
            return
        namespace, name, unit, dimensions, second, value = key
        by_name = dict(dimensions)
        point = {
            "Timestamp": float(second),
            "Value": value,
            "Count": float(count),
            "Unit": unit,
            "Dimensions": by_name,
        }
        self._points[key] = point
        self._series(namespace, name, by_name).append(point)

    def _series(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> list[dict[str, Any]]:
        with emulator.as_owner():  # a flush runs on nobody's behalf
            key = (namespace, name, self._cloudwatch["_dims_key"](dimensions))
            series: list[dict[str, Any]] = self._cloudwatch["_metric_bucket"](key)
        return series


def _round(value: float) -> float:
    if value == 0 or value == int(value):
        return float(value)
    return round(value, DIGITS - 1 - math.floor(math.log10(abs(value))))
