"""Change the capacity of indexes with the table's billing mode, as DynamoDB does; the emulator keeps it.

Source: amazondynamodb/latest/developerguide/switching.capacitymode.html, and UpdateTable in the API reference.
"""

from typing import Any

from hybridctl.sandbox.cloud import emulator

NONE = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}


class Billing:
    """Handle UpdateTable: on demand removes an index's capacity, provisioned requires one for each index."""

    def __init__(self) -> None:
        self._dynamodb = emulator.service("dynamodb", "_normalize_table_name", "_tables")

    def install(self) -> None:
        emulator.replace(self._dynamodb.module, "_update_table", "data", self._update)

    def _update(self, original: emulator.Original, data: dict[str, Any]) -> emulator.Answer:
        table = self._dynamodb["_tables"].get(self._dynamodb["_normalize_table_name"](data.get("TableName")))
        mode = data.get("BillingMode")
        without = _find_unprovisioned(table, data) if table is not None and mode == "PROVISIONED" else []
        if without:
            return emulator.refuse(
                "ValidationException",
                "One or more parameter values were invalid: ProvisionedThroughput must be specified for index: "
                + ", ".join(without),
            )
        answer = original(data)
        if answer[0] == 200 and mode == "PAY_PER_REQUEST" and table is not None:
            for index in table.get("GlobalSecondaryIndexes") or []:
                index["ProvisionedThroughput"] = dict(NONE)
        return answer


def _find_unprovisioned(table: dict[str, Any], data: dict[str, Any]) -> list[str]:
    """Return the indexes that would have no capacity."""
    given = {each["Update"]["IndexName"] for each in data.get("GlobalSecondaryIndexUpdates") or [] if "Update" in each}
    return [
        index["IndexName"]
        for index in table.get("GlobalSecondaryIndexes") or []
        if index["IndexName"] not in given and not (index.get("ProvisionedThroughput") or NONE)["ReadCapacityUnits"]
    ]
