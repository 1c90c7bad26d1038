"""A stage's throttling: one token bucket per API, stage and route with settings of its own, as in API Gateway."""

from collections.abc import Callable, Mapping
from typing import Any


class StageThrottle:
    """Admits or refuses requests; `monotonic` returns seconds. What has no limits admits everything."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: dict[tuple[str, ...], tuple[float, float]] = {}

    def admits(self, bucket: tuple[str, ...], settings: Mapping[str, Any]) -> bool:
        rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
        if rate is None or burst is None:
            return True
        now = self._monotonic()
        tokens, then = self._buckets.get(bucket, (float(burst), now))
        tokens = min(float(burst), tokens + (now - then) * float(rate))
        admitted = tokens >= 1
        self._buckets[bucket] = (tokens - 1 if admitted else tokens, now)
        return admitted
