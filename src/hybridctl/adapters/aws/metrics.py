"""CloudWatch's GetMetricData: all series of a window in one call."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.metrics.span import Span
from hybridctl.errors import AwsRefused

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

QUERIES_A_CALL = 500
_DOING = "reading the metrics (cloudwatch:GetMetricData)"


class CloudWatchMetrics:
    """Metrics of one region. The client is opened on first use.

    Every read costs money, and periods are at least a minute. A read of the same queries whose window has moved by less
    than `rest` therefore returns the previous result.
    """

    def __init__(self, open_client: Callable[[], "CloudWatchClient"], *, rest: timedelta = timedelta()) -> None:
        self._open = open_client
        self._rest = rest
        self._last: tuple[tuple[Query, ...], Span, Mapping[Query, Mapping[datetime, float]]] | None = None

    def read(self, queries: Sequence[Query], span: Span) -> Mapping[Query, Mapping[datetime, float]]:
        """Return the points of each query by the start of their period. A query without points has an empty entry."""
        if self._last is not None:
            asked, before, kept = self._last
            moved = max(abs(span.start - before.start), abs(span.end - before.end))
            if asked == tuple(queries) and before.seconds == span.seconds and moved < self._rest:
                return kept
        points = self._read_all(queries, span)
        self._last = (tuple(queries), span, points)
        return points

    def _read_all(self, queries: Sequence[Query], span: Span) -> Mapping[Query, Mapping[datetime, float]]:
        points: dict[Query, dict[datetime, float]] = {query: {} for query in queries}
        for first in range(0, len(queries), QUERIES_A_CALL):
            self._read(queries[first : first + QUERIES_A_CALL], span, points)
        return points

    def _read(self, queries: Sequence[Query], span: Span, found: dict[Query, dict[datetime, float]]) -> None:
        by_id = {f"q{number}": query for number, query in enumerate(queries)}
        with explain_failures(_DOING):
            paginator = self._open().get_paginator("get_metric_data")
            pages = paginator.paginate(
                MetricDataQueries=[data_query(key, query, span.seconds) for key, query in by_id.items()],
                StartTime=span.start,
                EndTime=span.end,
                ScanBy="TimestampAscending",
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    query = by_id[result["Id"]]
                    if result.get("StatusCode") in ("InternalError", "Forbidden"):
                        what = f"{query.namespace} {query.metric}"
                        raise AwsRefused(f"{_DOING}: {what}: {result['StatusCode']}", hint="run it again in a minute")
                    times = (moment.astimezone(UTC) for moment in result["Timestamps"])
                    found[query].update(zip(times, result["Values"], strict=True))


def data_query(key: str, query: Query, seconds: int) -> "MetricDataQueryTypeDef":
    """Build a query of GetMetricData."""
    return {
        "Id": key,
        "MetricStat": {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in query.dimensions],
            },
            "Period": seconds,
            "Stat": query.statistic,
        },
    }
