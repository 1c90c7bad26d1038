"""The cost of reading metrics repeatedly."""

from collections.abc import Iterable

from hybridctl.domain.metrics.series import Query

READ_EVERY_SECONDS = 60
# Per thousand metrics that GetMetricData reads, outside the free tier; several statistics of one metric count once.
# https://aws.amazon.com/cloudwatch/pricing/, 2026-03
_A_THOUSAND = 0.01


def hourly_price(queries: Iterable[Query]) -> float:
    """Return the cost in dollars of watching these queries for an hour."""
    metrics = {(query.namespace, query.metric, query.dimensions) for query in queries}
    return len(metrics) * 3600 / READ_EVERY_SECONDS * _A_THOUSAND / 1000
