"""CloudWatch's GetMetricData: all series of a window in one call."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.metrics.span import Span
from hybridctl.errors import AwsRefused

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricDataResultTypeDef

QUERIES_A_CALL = 500
_DOING = "reading the metrics (cloudwatch:GetMetricData)"
_UNANSWERED = ("InternalError", "Forbidden")


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
            for key, result in read_results(self._open(), _DOING, by_id, span.start, span.end, span.seconds):
                times = (moment.astimezone(UTC) for moment in result["Timestamps"])
                found[by_id[key]].update(zip(times, result["Values"], strict=True))


def read_results(
    client: "CloudWatchClient", doing: str, queries: Mapping[str, Query], start: datetime, end: datetime, seconds: int
) -> Iterator[tuple[str, "MetricDataResultTypeDef"]]:
    """Yield the results of all pages, each with the key of its query.

    Raises AwsRefused for a query that CloudWatch did not answer, or answered in part without a further page.
    """
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_data_query(key, query, seconds) for key, query in queries.items()],
        StartTime=start,
        EndTime=end,
        ScanBy="TimestampAscending",
    )
    for page in pages:
        failures = _UNANSWERED if page.get("NextToken") else (*_UNANSWERED, "PartialData")
        for result in page["MetricDataResults"]:
            if (word := result.get("StatusCode")) in failures:
                query = queries[result["Id"]]
                what = f"{query.namespace} {query.metric}"
                raise AwsRefused(f"{doing}: {what}: {word}", hint="run it again in a minute")
            yield result["Id"], result


def _data_query(key: str, query: Query, seconds: int) -> "MetricDataQueryTypeDef":
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
