"""A stage's throttling: one token bucket per API and stage, as in API Gateway."""

from collections.abc import Callable, Mapping
from typing import Any


class StageThrottle:
    """Admits or refuses requests; `monotonic` returns seconds. A stage without limits admits everything."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def admits(self, api: str, stage: str, settings: Mapping[str, Any]) -> bool:
        rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
        if rate is None or burst is None:
            return True
        now = self._monotonic()
        tokens, then = self._buckets.get((api, stage), (float(burst), now))
        tokens = min(float(burst), tokens + (now - then) * float(rate))
        admitted = tokens >= 1
        self._buckets[api, stage] = (tokens - 1 if admitted else tokens, now)
        return admitted
