"""An environment that was measured: nothing in it yet, or a busy hour."""

from datetime import timedelta
from functools import cache

from fakes import FakeBackend
from fakes.backend import outputs
from fakes.clock import NOON
from fakes.functions import FakeHandler
from fakes.metrics import FakeMetricSource
from hybridctl.domain.release import Alias

LIVE = "hybrid-ci-cd-local:live"
FUNCTION = "hybrid-ci-cd-local"
STAGE = "local"


def make_measured(*versions: int) -> FakeBackend:
    """A deployed environment in which nothing has been measured yet."""
    backend = FakeBackend()
    backend.functions.handlers = {version: FakeHandler(version) for version in versions or (1,)}
    backend.functions.alias = Alias("live", versions[-1] if versions else 1, "r0")
    backend.state.values = outputs(versions[-1] if versions else 1)
    return backend


def busy(*versions: int) -> FakeBackend:
    """An hour in which traffic doubles, has a hole, and meets five errors; the table's capacity is bought."""
    backend = make_measured(*versions)
    backend.metrics.points = {key: dict(points) for key, points in _busy_hour().points.items()}
    return backend


@cache
def _busy_hour() -> FakeMetricSource:
    requests = [20.0] * 20 + [None] * 5 + [30.0] * 15 + [40.0] * 20
    errors = [None if value is None else 0.0 for value in requests]
    errors[50] = 5.0
    latency = [None if value is None else value / 4 for value in requests]
    source = FakeMetricSource()
    source.put("Count", requests, of=STAGE).put("4xx", errors, of=STAGE).put("5xx", errors, of=STAGE)
    source.put("Invocations", requests, of=LIVE).put("Errors", errors, of=LIVE)
    source.put("Throttles", [None if value is None else 0.0 for value in requests], of=LIVE)
    for number, statistic in enumerate(("p50", "p95", "p99"), 1):
        slower = [None if value is None else value * number**2 for value in latency]
        source.put("Duration", slower, of=LIVE, statistic=statistic)
        source.put("Latency", [None if value is None else value + 3 for value in slower], of=STAGE, statistic=statistic)
    source.put("IntegrationLatency", [1234.0], of=STAGE, statistic="p95", start=NOON - timedelta(minutes=1))
    source.put("ConcurrentExecutions", [1, 2, 3], of=FUNCTION, statistic="Maximum")
    source.put("SessionsCreated", [4.0] * 60, of="local")
    table = "hybrid-ci-cd-sessions-local"
    source.put("ConsumedReadCapacityUnits", [600.0] * 60, of=table)
    source.put("ProvisionedReadCapacityUnits", [20.0] * 60, of=table, statistic="Average")
    source.put("ConsumedReadCapacityUnits", [6.0], of="by_user")
    source.put("SuccessfulRequestLatency", [2.5], of=f"{table}:GetItem", statistic="Average")
    source.put("WriteThrottleEvents", [None, 2.0], of=table)
    return source
