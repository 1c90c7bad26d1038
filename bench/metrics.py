"""Reading the metrics.

The sandbox has no network latency. On AWS each call adds a round trip, so one call instead of many saves even more.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import boto3

from bench.commands import command, timed
from bench.contest import Contender, Contest, Sample
from bench.workshop import HYBRIDCTL, Workshop, peer
from hybridctl.adapters.aws.metrics import CloudWatchMetrics
from hybridctl.domain.metrics.catalogue import catalogue, subjects_of
from hybridctl.domain.metrics.readings import queries
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.metrics.span import Span
from hybridctl.domain.outputs import Outputs

_PERIOD = 60
_MINUTES = 60


def contests(workshop: Workshop) -> Iterator[Contest]:
    deployed = workshop.deployed
    outputs = Outputs(deployed.json("outputs", "local"))
    asked = queries(catalogue(subjects_of(outputs, "local")))
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=_MINUTES)
    span = Span(start, _MINUTES, _PERIOD)
    client = boto3.client(
        "cloudwatch",
        endpoint_url=deployed.sandbox["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=deployed.sandbox["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=deployed.sandbox["AWS_SECRET_ACCESS_KEY"],
    )
    count = len(asked)
    yield Contest(
        f"{count} metrics, one process",
        Contender("GetMetricData", lambda: _at_once(client, asked, span)),
        [Contender(f"{count} times GetMetricStatistics", lambda: _one_by_one(client, asked, span))],
    )
    lines = [[peer("aws"), *_get_metric_statistics(one, span)] for one in asked]
    yield Contest(
        f"{count} metrics, as commands",
        command("hybridctl metrics", [HYBRIDCTL, "metrics", "local"], deployed.inside),
        [Contender(f"{count} times aws cloudwatch get-metric-statistics", lambda: timed(lines, deployed.outside))],
        rounds=3,
        warm_ups=0,
    )


def _at_once(client: Any, asked: Sequence[Query], span: Span) -> Sample:
    started = perf_counter()
    CloudWatchMetrics(lambda: client).read(asked, span)
    return {"seconds": perf_counter() - started}


def _one_by_one(client: Any, asked: Sequence[Query], span: Span) -> Sample:
    started = perf_counter()
    for one in asked:
        kind = "ExtendedStatistics" if one.statistic.startswith("p") else "Statistics"
        client.get_metric_statistics(
            Namespace=one.namespace,
            MetricName=one.metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in one.dimensions],
            StartTime=span.start,
            EndTime=span.end,
            Period=span.seconds,
            **{kind: [one.statistic]},
        )
    return {"seconds": perf_counter() - started}


def _get_metric_statistics(one: Query, span: Span) -> list[str]:
    kind = "--extended-statistics" if one.statistic.startswith("p") else "--statistics"
    dimensions = [f"Name={name},Value={value}" for name, value in one.dimensions]
    return [
        *("cloudwatch", "get-metric-statistics", "--namespace", one.namespace, "--metric-name", one.metric),
        *(["--dimensions", *dimensions] if dimensions else []),
        *("--start-time", span.start.isoformat(), "--end-time", span.end.isoformat()),
        *("--period", str(span.seconds), kind, one.statistic),
    ]
