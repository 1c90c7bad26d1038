"""DynamoDB: aws_dynamodb_table."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider import dynamodb_indexes as indexes
from hybridctl.sandbox.provider import dynamodb_switches as switches
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_unknown, has_unknown

ON_DEMAND, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"
CAPACITIES = ("read_capacity", "write_capacity")


class TableResource(ResourceType):
    type_name = "aws_dynamodb_table"
    noun = "DynamoDB Table"
    implements = frozenset(
        {
            "attribute",
            "billing_mode",
            "deletion_protection_enabled",
            "global_secondary_index",
            "hash_key",
            "local_secondary_index",
            "name",
            "point_in_time_recovery",
            "range_key",
            "read_capacity",
            "server_side_encryption",
            "table_class",
            "ttl",
            "write_capacity",
        }
    )
    refuses = frozenset(
        {"global_secondary_index.on_demand_throughput", "point_in_time_recovery.recovery_period_in_days"}
    )
    defaults: ClassVar = {"billing_mode": PROVISIONED, "ttl.enabled": False}
    force_new = frozenset({"hash_key", "local_secondary_index", "name", "range_key"})
    computed_blocks = frozenset({"point_in_time_recovery", "server_side_encryption", "ttl"})
    choices: ClassVar = {
        "attribute.type": ("B", "N", "S"),
        "billing_mode": (ON_DEMAND, PROVISIONED),
        "global_secondary_index.projection_type": ("ALL", "INCLUDE", "KEYS_ONLY"),
        "local_secondary_index.projection_type": ("ALL", "INCLUDE", "KEYS_ONLY"),
        "table_class": ("STANDARD", "STANDARD_INFREQUENT_ACCESS"),
    }
    equal: ClassVar = {"table_class": lambda old, new: {old, new} <= {None, "", "STANDARD"}}
    aws_names: ClassVar = {
        "arn": "TableArn",
        "attribute": "AttributeDefinitions",
        "attribute.name": "AttributeName",
        "attribute.type": "AttributeType",
        "global_secondary_index": "GlobalSecondaryIndexes",
        "global_secondary_index.name": "IndexName",
        "global_secondary_index.read_capacity": "ReadCapacityUnits",
        "global_secondary_index.write_capacity": "WriteCapacityUnits",
        "local_secondary_index": "LocalSecondaryIndexes",
        "local_secondary_index.name": "IndexName",
        "name": "TableName",
        "read_capacity": "ReadCapacityUnits",
        "stream_arn": "LatestStreamArn",
        "stream_label": "LatestStreamLabel",
        "write_capacity": "WriteCapacityUnits",
    }
    tagging = TagCalls("dynamodb", "ResourceArn", read="list_tags_of_resource")

    def validate(self, config: Values) -> Iterator[Problem]:
        for index, ttl in enumerate(drop_unknown(config["ttl"])):
            if ttl["enabled"] is True and ttl["attribute_name"] in (None, ""):
                yield Problem('"ttl" attribute_name cannot be empty when enabled is true', path=("ttl", index))

    def customize(self, change: ResourceChange) -> None:
        planned, prior = change.planned, change.prior
        _require_indexed(change.config, planned)
        _require_capacity(change)
        if (
            prior is not None
            and switches.is_off(prior["server_side_encryption"])
            and switches.is_off(planned["server_side_encryption"])
        ):
            planned["server_side_encryption"] = prior["server_side_encryption"]

    def create(self, call: ResourceCall, planned: Values) -> str:
        dynamodb, name = call.aws("dynamodb"), planned["name"]
        request: dict[str, Any] = {
            **self.request(planned, ("attribute", "billing_mode", "name", "table_class")),
            "KeySchema": indexes.keys(planned),
            "DeletionProtectionEnabled": bool(planned["deletion_protection_enabled"]),
            "Tags": self.tagging.write(planned["tags_all"]),
        }
        provisioned = planned["billing_mode"] == PROVISIONED
        optional = {
            "ProvisionedThroughput": indexes.throughput(planned) if provisioned else None,
            "GlobalSecondaryIndexes": [
                indexes.create_request(entry, provisioned=provisioned) for entry in planned["global_secondary_index"]
            ],
            "LocalSecondaryIndexes": [indexes.local(planned, entry) for entry in planned["local_secondary_index"]],
            "SSESpecification": switches.encryption(planned["server_side_encryption"]),
        }
        dynamodb.create_table(**request, **{key: value for key, value in optional.items() if value})
        call.note_created(name)
        _await_active(call, name)
        if not switches.is_off(planned["ttl"]):
            switches.set_ttl(call, name, planned["ttl"][0])
        if not switches.is_off(planned["point_in_time_recovery"]):
            switches.set_recovery(call, name, planned["point_in_time_recovery"][0])
        return str(name)

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        dynamodb, name = call.aws("dynamodb"), state["id"]
        table = dynamodb.describe_table(TableName=name)["Table"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = backups.get("PointInTimeRecoveryDescription", {})
        ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        return {
            **self.report({**indexes.flatten(table), **table.get("StreamSpecification", {})}),
            "billing_mode": table.get("BillingModeSummary", {}).get("BillingMode", PROVISIONED),
            "table_class": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
            **switches.describe(table.get("SSEDescription", {}), recovery, ttl),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        name = prior["id"]
        for request in indexes.updates(prior, planned, provisioned=planned["billing_mode"] == PROVISIONED):
            _update(call, name, request)
        if "deletion_protection_enabled" in changed:
            _update(call, name, {"DeletionProtectionEnabled": bool(planned["deletion_protection_enabled"])})
        if "table_class" in changed:
            _update(call, name, {"TableClass": planned["table_class"] or "STANDARD"})
        if "server_side_encryption" in changed:
            wanted = switches.encryption(planned["server_side_encryption"]) or {"Enabled": False}
            _update(call, name, {"SSESpecification": wanted})
        if "ttl" in changed and planned["ttl"]:
            switches.change_ttl(call, name, prior["ttl"], planned["ttl"][0])
        if "point_in_time_recovery" in changed and planned["point_in_time_recovery"]:
            switches.set_recovery(call, name, planned["point_in_time_recovery"][0])

    def delete(self, call: ResourceCall, prior: Values) -> None:
        dynamodb, name = call.aws("dynamodb"), prior["id"]
        dynamodb.delete_table(TableName=name)
        call.wait(lambda: not _exists(dynamodb, name), f"DynamoDB Table ({name}) to be gone")


def _update(call: ResourceCall, name: str, request: dict[str, Any]) -> None:
    call.aws("dynamodb").update_table(TableName=name, **request)
    _await_active(call, name)


def _await_active(call: ResourceCall, name: str) -> None:
    def active() -> bool:
        table = call.aws("dynamodb").describe_table(TableName=name)["Table"]
        states = [table["TableStatus"], *(entry["IndexStatus"] for entry in table.get("GlobalSecondaryIndexes", []))]
        return set(states) == {"ACTIVE"}

    call.wait(active, f"DynamoDB Table ({name}) to be ACTIVE")


def _exists(dynamodb: Any, name: str) -> bool:
    try:
        dynamodb.describe_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True


def _require_indexed(config: Values, planned: Values) -> None:
    """Each attribute is a key of the table or an index, and each key is an attribute, as the real provider checks."""
    defined = config["attribute"]
    indexes_ = (*drop_unknown(planned["local_secondary_index"]), *drop_unknown(planned["global_secondary_index"]))
    owners = [planned, *indexes_]
    used = {owner.get(key) for owner in owners for key in ("hash_key", "range_key")} - {None, ""}
    if has_unknown(defined) or UNKNOWN in used or has_unknown(config["global_secondary_index"]):
        return
    names = {entry["name"] for entry in defined}
    unused, undefined = (json.dumps(sorted(map(str, extra))) for extra in (names - used, used - names))
    if names - used:
        raise Problem(f"all attributes must be indexed. Unused attributes: {unused}", path=("attribute",))
    if used - names:
        raise Problem(f"all indexes must match a defined attribute. Unmatched indexes: {undefined}")


def _require_capacity(change: ResourceChange) -> None:
    """PROVISIONED needs capacities; a switch in either direction leaves them to the HCL's ignore_changes."""
    mode, before = change.planned["billing_mode"], None if change.prior is None else change.prior["billing_mode"]
    for name in CAPACITIES:
        given = change.config[name]
        if mode == PROVISIONED and before != ON_DEMAND and (given == 0 or (given is None and change.is_create)):
            raise Problem(f'"{name}" must be at least 1 when billing_mode is "{mode}"', path=(name,))
        if mode == ON_DEMAND and before != PROVISIONED and given not in (None, 0, UNKNOWN):
            raise Problem(f'"{name}" can not be set when billing_mode is "{mode}"', path=(name,))


RESOURCES = (TableResource(),)
