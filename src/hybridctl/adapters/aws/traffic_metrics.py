"""AWS/Lambda's sums for one version behind the alias."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.adapters.aws.metrics import read_results
from hybridctl.domain.metrics.catalogue import LAMBDA
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.samples import Totals

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

_PERIOD_SECONDS = 60  # the shortest period of AWS/Lambda


class CloudWatchVersionMetrics:
    """The function `function`, invoked through `alias`. The client is opened on first use."""

    def __init__(self, open_client: Callable[[], "CloudWatchClient"], *, function: str, alias: str) -> None:
        self._open = open_client
        self._function = function
        self._alias = alias

    def totals(self, version: int, since: datetime, until: datetime) -> Totals:
        """Return the sums of all whole minutes that overlap the window. CloudWatch has them one to three minutes late.

        Only all three dimensions together separate two versions behind one alias
        (docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
        """
        minute = timedelta(seconds=_PERIOD_SECONDS)
        where = (
            ("FunctionName", self._function),
            ("Resource", f"{self._function}:{self._alias}"),
            ("ExecutedVersion", str(version)),
        )
        sums = {"Invocations": 0.0, "Errors": 0.0}
        queries = {name.lower(): Query(LAMBDA, name, where, "Sum") for name in sums}
        doing = f"reading the metrics of version {version} of {self._function} (cloudwatch:GetMetricData)"
        start, end = since.replace(second=0, microsecond=0), until + minute
        with explain_failures(doing):
            for key, result in read_results(self._open(), doing, queries, start, end, _PERIOD_SECONDS):
                sums[key.title()] += sum(result["Values"])
        return Totals(round(sums["Invocations"]), round(sums["Errors"]))
