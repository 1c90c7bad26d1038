"""What is switched on and off on a DynamoDB table: TTL, point-in-time recovery, encryption."""

from typing import Any

from hybridctl.sandbox.provider.resource import ResourceCall
from hybridctl.sandbox.provider.values import UNKNOWN, Values


def is_off(blocks: Any) -> bool:
    """True for a block of one `enabled` switch that is not there or off."""
    return blocks is not UNKNOWN and (not blocks or not blocks[0]["enabled"])


def encryption(blocks: list[Values]) -> dict[str, Any] | None:
    """What the block asks for: AWS owned keys (off, as without a block) or KMS."""
    if not blocks:
        return None
    if is_off(blocks):
        return {"Enabled": False}
    key = blocks[0]["kms_key_arn"]
    return {"Enabled": True, "SSEType": "KMS"} | ({"KMSMasterKeyId": key} if key else {})


def describe(encryption: dict[str, Any], recovery: dict[str, Any], ttl: dict[str, Any]) -> Values:
    """The blocks out of AWS's three descriptions."""
    on = ("ENABLED", "ENABLING", "UPDATING")
    encrypted = {"enabled": encryption.get("Status") in on, "kms_key_arn": encryption.get("KMSMasterKeyArn", "")}
    return {
        "point_in_time_recovery": [
            {
                "enabled": recovery.get("PointInTimeRecoveryStatus") in on,
                "recovery_period_in_days": recovery.get("RecoveryPeriodInDays", 0),
            }
        ],
        "server_side_encryption": [encrypted] if encryption else [],
        "ttl": [{"attribute_name": ttl.get("AttributeName", ""), "enabled": ttl["TimeToLiveStatus"] in on}],
    }


def set_ttl(call: ResourceCall, name: str, ttl: Values) -> None:
    wanted = {"AttributeName": ttl["attribute_name"], "Enabled": bool(ttl["enabled"])}
    call.aws("dynamodb").update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)


def change_ttl(call: ResourceCall, name: str, prior: list[Values], wanted: Values) -> None:
    """AWS moves TTL to another attribute only by way of off."""
    before = prior[0] if prior else {"enabled": False, "attribute_name": ""}
    if before["enabled"] and (not wanted["enabled"] or before["attribute_name"] != wanted["attribute_name"]):
        set_ttl(call, name, {**before, "enabled": False})
    if wanted["enabled"]:
        set_ttl(call, name, wanted)


def set_recovery(call: ResourceCall, name: str, recovery: Values) -> None:
    wanted = {"PointInTimeRecoveryEnabled": bool(recovery["enabled"])}
    call.aws("dynamodb").update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)
