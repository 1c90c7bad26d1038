"""CloudWatch Logs Insights."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import GONE, code, explain_failures, read_optional
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.query import QueryProgress, QueryState
from hybridctl.errors import AwsRefused, HybridctlError, NotDeployed, UsageInvalid

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient


class CloudWatchLogQueries:
    """Queries on the log group `group`. The client is opened on first use."""

    def __init__(self, open_client: Callable[[], "CloudWatchLogsClient"], *, group: str) -> None:
        self._open = open_client
        self.group = group

    def start(self, text: str, window: Window, *, limit: int) -> str:
        """Start a query and return its id. The window is truncated to whole seconds; both ends are included.

        Raises UsageInvalid for an invalid query, and NotDeployed if the group does not exist.
        """
        from botocore.exceptions import ClientError

        assert window.end is not None  # noqa: S101  (a query has an end; the operation gives one)
        doing = f"querying {self.group} (logs:StartQuery)"
        refusals: dict[str, HybridctlError] = {
            GONE: NotDeployed(
                f"querying the log group {self.group}: it does not exist", hint="hybridctl deploy creates it"
            ),
            "LimitExceededException": AwsRefused(
                f"{doing}: too many queries are running in this account and region", hint="wait until one ends"
            ),
        }
        with explain_failures(doing, refusals):
            try:
                started = self._open().start_query(
                    logGroupName=self.group,
                    startTime=int(window.start.timestamp()),
                    endTime=int(window.end.timestamp()),
                    queryString=text,
                    limit=limit,
                )
            except ClientError as cause:
                if code(cause) != "MalformedQueryException":
                    raise
                message = str(cause.response.get("Error", {}).get("Message", ""))
                raise UsageInvalid(
                    f"the query is not valid: {message}", hint="hybridctl logs query lists valid examples"
                ) from cause
        return started["queryId"]

    def progress(self, query: str) -> QueryProgress:
        """Return the query's progress, with up to 10,000 rows."""
        with explain_failures(f"reading the query results of {self.group} (logs:GetQueryResults)"):
            answer = self._open().get_query_results(queryId=query)
        statistics = answer.get("statistics", {})
        return QueryProgress(
            state=QueryState.of(answer.get("status", "")),
            rows=[{one["field"]: one.get("value", "") for one in row if "field" in one} for row in answer["results"]],
            matched=statistics.get("recordsMatched", 0),
            scanned=statistics.get("recordsScanned", 0),
            bytes_scanned=statistics.get("bytesScanned", 0),
        )

    def stop(self, query: str) -> None:
        """Stop a running query. A finished query is not an error."""
        doing = f"stopping a query of {self.group} (logs:StopQuery)"
        read_optional(doing, lambda: self._open().stop_query(queryId=query), "InvalidParameterException", GONE)
