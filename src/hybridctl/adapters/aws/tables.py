"""DynamoDB tables."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hybridctl.adapters.aws.errors import explain_failures, read_optional
from hybridctl.domain.table import ON_DEMAND, PROVISIONED, Table, TablePart, TableSettings

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TableDescriptionTypeDef


class DynamoTables:
    """Tables of one region. The client is opened on first use."""

    def __init__(self, open_client: Callable[[], "DynamoDBClient"]) -> None:
        self._open = open_client

    def table(self, name: str) -> Table | None:
        """Return the table, or None if it does not exist. Sizes are DynamoDB's own, up to six hours old."""
        found = self._describe(name)
        if found is None:
            return None
        return Table(
            name=name,
            billing=_read_billing(found),
            parts=_parts(found),
            items=found.get("ItemCount", 0),
            protected=found.get("DeletionProtectionEnabled", False),
            recovery=self._recovery(name),
        )

    def settings(self, name: str, *, expires: bool = False) -> TableSettings | None:
        """Return the settings that affect whether the table works, with its TTL if `expires`; None if the table does
        not exist.
        """
        found = self._describe(name)
        if found is None:
            return None
        billing, status = _read_billing(found), found.get("TableStatus", "ACTIVE")
        if not expires:
            return TableSettings(billing, status, unusable=_unusable(found))
        with explain_failures(f"reading the TTL setting of {name} (dynamodb:DescribeTimeToLive)"):
            ttl = self._open().describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        word = ttl.get("TimeToLiveStatus", "")
        is_on = word in ("ENABLED", "ENABLING")
        return TableSettings(billing, status, word, ttl.get("AttributeName") if is_on else None, _unusable(found))

    def _describe(self, name: str) -> "TableDescriptionTypeDef | None":
        doing = f"describing the table {name} (dynamodb:DescribeTable)"
        return read_optional(doing, lambda: self._open().describe_table(TableName=name)["Table"])

    def _recovery(self, name: str) -> bool:
        with explain_failures(f"reading the backup setting of {name} (dynamodb:DescribeContinuousBackups)"):
            description = self._open().describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        return description.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"


def _unusable(found: "TableDescriptionTypeDef") -> dict[str, str]:
    """Return the indexes that cannot be read, with their status."""
    statuses = {
        one.get("IndexName", ""): one.get("IndexStatus", "ACTIVE") for one in found.get("GlobalSecondaryIndexes", ())
    }
    return {name: status for name, status in statuses.items() if status not in ("ACTIVE", "UPDATING")}


def _read_billing(found: "TableDescriptionTypeDef") -> str:
    """Return the billing mode. A table that was never on demand has no billing summary."""
    return ON_DEMAND if found.get("BillingModeSummary", {}).get("BillingMode") == ON_DEMAND else PROVISIONED


def _parts(found: "TableDescriptionTypeDef") -> tuple[TablePart, ...]:
    bought = found.get("ProvisionedThroughput", {})
    parts = [
        TablePart(
            None,
            bought.get("ReadCapacityUnits", 0),
            bought.get("WriteCapacityUnits", 0),
            found.get("TableSizeBytes", 0),
        )
    ]
    for index in found.get("GlobalSecondaryIndexes", []):
        bought = index.get("ProvisionedThroughput", {})
        parts.append(
            TablePart(
                index=index.get("IndexName", ""),
                read=bought.get("ReadCapacityUnits", 0),
                write=bought.get("WriteCapacityUnits", 0),
                bytes=index.get("IndexSizeBytes", 0),
                projection=index.get("Projection", {}).get("ProjectionType", "ALL"),
                is_active=index.get("IndexStatus") == "ACTIVE",
            )
        )
    return tuple(parts)
