from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fakes.clock import NOON
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.metrics.span import Span
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
