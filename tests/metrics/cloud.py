"""CloudWatch's metrics from memory: what was put there, and nothing else; and an environment measured by them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fakes import FakeBackend
from fakes.backend import outputs
from fakes.clock import NOON
from fakes.functions import FakeHandler
from hybridctl.domain.metric_series import Query
from hybridctl.domain.metric_span import Span
from hybridctl.domain.release import Alias
from hybridctl.errors import HybridctlError

HOUR_AGO = NOON - timedelta(hours=1)


@dataclass
class FakeMetricSource:
    """Points by metric, statistic and last dimension's value; `troubles` are raised by the next calls, one each."""

    points: dict[tuple[str, str, str], dict[datetime, float]] = field(default_factory=dict)
    calls: list[tuple[Sequence[Query], Span]] = field(default_factory=list)
    troubles: list[HybridctlError | None] = field(default_factory=list)

    def put(
        self,
        metric: str,
        values: Iterable[float | None],
        *,
        of: str,
        statistic: str = "Sum",
        start: datetime = HOUR_AGO,
        seconds: int = 60,
    ) -> "FakeMetricSource":
        points = self.points.setdefault((metric, statistic, of), {})
        for number, value in enumerate(values):
            if value is not None:
                points[start + timedelta(seconds=number * seconds)] = value
        return self

    def read(self, queries: Sequence[Query], span: Span) -> Mapping[Query, Mapping[datetime, float]]:
        self.calls.append((queries, span))
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        return {query: self._points(query, span) for query in queries}

    def _points(self, query: Query, span: Span) -> Mapping[datetime, float]:
        where = [value for _, value in query.dimensions]
        last = ":".join(where[-2:] if query.dimensions[-1:] and query.dimensions[-1][0] == "Operation" else where[-1:])
        found = self.points.get((query.metric, query.statistic, last), {})
        return {moment: value for moment, value in found.items() if span.start <= moment < span.end}


@dataclass
class MeasuredBackend(FakeBackend):
    """An environment with metrics."""

    metrics: FakeMetricSource = field(default_factory=FakeMetricSource)


LIVE = "hybrid-ci-cd-local:live"
FUNCTION = "hybrid-ci-cd-local"
STAGE = "local"


def deployed_outputs(version: int = 1) -> dict[str, Any]:
    return outputs(version) | {
        "lambda_alias_name": "live",
        "dynamodb_sessions_table": "hybrid-ci-cd-sessions-local",
        "dynamodb_jobs_table": "hybrid-ci-cd-jobs-local",
        "dynamodb_agents_table": "hybrid-ci-cd-agents-local",
    }


def measured(*versions: int) -> MeasuredBackend:
    """A deployed environment in which nothing has been measured yet."""
    backend = MeasuredBackend()
    backend.functions.handlers = {version: FakeHandler(version) for version in versions or (1,)}
    backend.functions.alias = Alias("live", versions[-1] if versions else 1, "r0")
    backend.state.values = deployed_outputs(versions[-1] if versions else 1)
    return backend


def busy(*versions: int) -> MeasuredBackend:
    """An hour in which traffic doubles, has a hole, and meets five errors; the table's capacity is bought."""
    backend = measured(*versions)
    requests = [20.0] * 20 + [None] * 5 + [30.0] * 15 + [40.0] * 20
    errors = [None if value is None else 0.0 for value in requests]
    errors[50] = 5.0
    latency = [None if value is None else value / 4 for value in requests]
    source = backend.metrics
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
    return backend
