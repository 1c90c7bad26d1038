"""The tables' scalable targets and current capacity."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import explain_failures, read_optional
from hybridctl.domain.capacity import Scaled

if TYPE_CHECKING:
    from types_boto3_application_autoscaling import ApplicationAutoScalingClient
    from types_boto3_dynamodb import DynamoDBClient


class TableScaling:
    """Both clients are opened on first use."""

    def __init__(
        self,
        open_scaling: Callable[[], "ApplicationAutoScalingClient"],
        open_tables: Callable[[], "DynamoDBClient"],
    ) -> None:
        self._open_scaling = open_scaling
        self._open_tables = open_tables

    def list_scaled(self, tables: Sequence[str]) -> Sequence[Scaled]:
        """Return the current capacity of every table and index that autoscaling manages."""
        managed = self._find_managed_tables().intersection(tables)
        return [one for table in sorted(managed) for one in self._capacity(table)]

    def _find_managed_tables(self) -> set[str]:
        with explain_failures("listing the tables' scalable targets"):
            pages = self._open_scaling().get_paginator("describe_scalable_targets")
            targets = [
                target for page in pages.paginate(ServiceNamespace="dynamodb") for target in page["ScalableTargets"]
            ]
        return {target["ResourceId"].split("/")[1] for target in targets}

    def _capacity(self, table: str) -> list[Scaled]:
        doing = f"reading the capacity of {table}"
        found = read_optional(doing, lambda: self._open_tables().describe_table(TableName=table)["Table"])
        if found is None:
            return []
        indexes = found.get("GlobalSecondaryIndexes", [])
        parts = [("table", found.get("ProvisionedThroughput", {}))]
        parts += [(index["IndexName"], index.get("ProvisionedThroughput", {})) for index in indexes]
        return [
            Scaled(table, part, throughput.get("ReadCapacityUnits", 0), throughput.get("WriteCapacityUnits", 0))
            for part, throughput in parts
        ]
