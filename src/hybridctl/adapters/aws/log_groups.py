"""CloudWatch log groups."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.domain.facts import LogGroup

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient


class CloudWatchLogGroups:
    """Log groups of one region. The client is opened on first use."""

    def __init__(self, open_client: Callable[[], "CloudWatchLogsClient"]) -> None:
        self._open = open_client

    def group(self, name: str) -> LogGroup | None:
        """Return the log group with exactly this name, or None."""
        with explain_failures(f"reading the log group {name} (logs:DescribeLogGroups)"):
            for page in self._open().get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
                for found in page["logGroups"]:
                    if found.get("logGroupName") == name:
                        return LogGroup(name, found.get("retentionInDays"))
        return None
