"""AWS/Lambda's own sums for one version behind the alias, through boto3."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.domain.watch import Totals

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

_PERIOD_SECONDS = 60  # the finest that AWS/Lambda has


class CloudWatchVersionMetrics:
    """The function `function` as it is reached through `alias`; the client is opened on first use."""

    def __init__(self, open_client: Callable[[], "CloudWatchClient"], *, function: str, alias: str) -> None:
        self._open = open_client
        self._function = function
        self._alias = alias

    def totals(self, version: int, since: datetime, until: datetime) -> Totals:
        """Sums over the whole minutes that touch the window; CloudWatch has them one to three minutes late.

        Only the three dimensions together tell two versions behind one alias apart
        (docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
        """
        minute = timedelta(seconds=_PERIOD_SECONDS)
        with explain_failures(
            f"reading the metrics of version {version} of {self._function} (cloudwatch:GetMetricData)"
        ):
            pages = (
                self._open()
                .get_paginator("get_metric_data")
                .paginate(
                    MetricDataQueries=[self._query("Invocations", version), self._query("Errors", version)],
                    StartTime=since.replace(second=0, microsecond=0),
                    EndTime=until + minute,
                )
            )
            sums = {"invocations": 0.0, "errors": 0.0}
            for page in pages:
                for result in page["MetricDataResults"]:
                    sums[result["Id"]] += sum(result["Values"])
        return Totals(round(sums["invocations"]), round(sums["errors"]))

    def _query(self, metric: str, version: int) -> Any:
        dimensions = {
            "FunctionName": self._function,
            "Resource": f"{self._function}:{self._alias}",
            "ExecutedVersion": str(version),
        }
        return {
            "Id": metric.lower(),
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                },
                "Period": _PERIOD_SECONDS,
                "Stat": "Sum",
            },
        }
