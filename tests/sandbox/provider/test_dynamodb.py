"""aws_dynamodb_table, by the real engine against the sandbox."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.workspace import Workspace, with_ours

ADDRESS = "aws_dynamodb_table.this"


def attribute(name: str, kind: str = "S") -> str:
    return f'  attribute {{\n    name = "{name}"\n    type = "{kind}"\n  }}\n'


def capacity(units: int | None) -> str:
    return "" if units is None else f"read_capacity = {units}\n  write_capacity = {units}"


def by_user(units: int | None = None, projection: str = 'projection_type = "ALL"') -> str:
    """The index of devices by user, with the attributes that it needs."""
    index = f'  hash_key = "user_id"\n  range_key = "created_at"\n  {projection}\n  {capacity(units)}'
    block = f'  global_secondary_index {{\n  name = "by_user"\n{index}\n  }}\n'
    return attribute("user_id") + attribute("created_at", "N") + block


def table(name: str, *parts: str, units: int | None = None, mode: str | None = None) -> str:
    """A table of sessions; provisioned when `units` are given."""
    billing = mode or ("PAY_PER_REQUEST" if units is None else "PROVISIONED")
    head = f'  name = "{name}"\n  billing_mode = "{billing}"\n  hash_key = "session_id"\n  {capacity(units)}\n'
    body = head + attribute("session_id") + "".join(parts)
    return f'resource "aws_dynamodb_table" "this" {{\n{body}\n}}\n'


def switch(block: str, value: str) -> str:
    return f"  {block} {{\n    enabled = {value}\n  }}\n"


def ttl(value: str, name: str = "expires_at") -> str:
    return f'  ttl {{\n    attribute_name = "{name}"\n    enabled = {value}\n  }}\n'


EVERYTHING = ttl("true") + switch("point_in_time_recovery", "true") + switch("server_side_encryption", "true")


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    return with_ours(tmp_path, sandbox)


def describe_table(sandbox: Any, name: str) -> Any:
    return sandbox.client("dynamodb").describe_table(TableName=name)["Table"]


def test_a_production_table_is_made_with_all_it_has(workspace: Workspace, sandbox: Any) -> None:
    hcl = table("t-full", by_user(3), EVERYTHING, '  tags = { A = "1" }\n', units=5)
    state = workspace.write(hcl).apply()[ADDRESS]
    found, dynamodb = describe_table(sandbox, "t-full"), sandbox.client("dynamodb")
    assert found["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert found["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    assert found["SSEDescription"]["Status"] == "ENABLED"
    assert dynamodb.describe_time_to_live(TableName="t-full")["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    assert state["point_in_time_recovery"][0]["enabled"] is True
    assert state["tags_all"] == {"A": "1"}
    assert workspace.actions() == {}


def test_the_billing_mode_changes_in_place_both_ways(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(table("t-mode", by_user(5), units=5)).apply()
    plan = workspace.write(table("t-mode", by_user())).plan()
    assert workspace.actions(plan) == {ADDRESS: ["update"]}
    workspace.apply()
    assert describe_table(sandbox, "t-mode")["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert workspace.actions() == {}
    plan = workspace.write(table("t-mode", by_user(7), units=6)).plan()
    assert workspace.actions(plan) == {ADDRESS: ["update"]}
    workspace.apply()
    found = describe_table(sandbox, "t-mode")
    assert found["ProvisionedThroughput"]["ReadCapacityUnits"] == 6
    assert found["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    assert workspace.actions() == {}


def test_an_index_is_added_reshaped_and_dropped_in_place(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(table("t-index")).apply()
    workspace.write(table("t-index", by_user()))
    assert workspace.actions() == {ADDRESS: ["update"]}
    workspace.apply()
    assert workspace.actions() == {}
    included = 'projection_type = "INCLUDE"\n  non_key_attributes = ["device"]'
    workspace.write(table("t-index", by_user(projection=included))).apply()
    index = describe_table(sandbox, "t-index")["GlobalSecondaryIndexes"][0]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["device"]}
    workspace.write(table("t-index")).apply()
    assert "GlobalSecondaryIndexes" not in describe_table(sandbox, "t-index")
    assert workspace.actions() == {}


def test_switches_are_turned_in_place(workspace: Workspace, sandbox: Any) -> None:
    protected = "  deletion_protection_enabled = true\n"
    workspace.write(table("t-switch", EVERYTHING, protected)).apply()
    (sandbox.home / "ttl-interval").write_text("0", encoding="utf-8")  # as if its hour were over
    off = ttl("false") + switch("point_in_time_recovery", "false")
    workspace.write(table("t-switch", off))
    assert workspace.actions() == {ADDRESS: ["update"]}
    state = workspace.apply()[ADDRESS]
    assert state["deletion_protection_enabled"] is False
    assert state["ttl"][0]["enabled"] is False
    assert state["point_in_time_recovery"][0]["enabled"] is False
    assert workspace.actions() == {}
    workspace.destroy()
    assert "t-switch" not in sandbox.client("dynamodb").list_tables()["TableNames"]


def test_ttl_that_moves_within_the_hour_fails_as_on_aws(workspace: Workspace, sandbox: Any) -> None:
    (sandbox.home / "ttl-interval").unlink(missing_ok=True)
    workspace.write(table("t-ttl", ttl("true"))).apply()
    message = workspace.write(table("t-ttl", ttl("true", "last_seen_at"))).refusal("apply", "-auto-approve")
    assert "Time to live has been modified multiple times within a fixed interval" in message
    workspace.destroy()


def test_a_protected_table_is_not_destroyed(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(table("t-protected", "  deletion_protection_enabled = true\n")).apply()
    message = workspace.refusal("destroy", "-auto-approve")
    assert "deleting DynamoDB Table (t-protected): operation DeleteTable: ValidationException" in message
    assert describe_table(sandbox, "t-protected")["DeletionProtectionEnabled"] is True


def test_another_key_replaces_the_table(workspace: Workspace) -> None:
    workspace.write(table("t-key")).apply()
    plan = workspace.write(table("t-key").replace("session_id", "device_id")).plan()
    assert workspace.actions(plan) == {ADDRESS: ["delete", "create"]}
    assert plan["resource_changes"][0]["change"]["replace_paths"] == [["hash_key"]]


def test_a_table_deleted_outside_is_planned_again(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(table("t-gone")).apply()
    sandbox.client("dynamodb").delete_table(TableName="t-gone")
    assert workspace.actions() == {ADDRESS: ["create"]}


def test_an_existing_table_is_imported_without_a_difference(workspace: Workspace, sandbox: Any) -> None:
    hcl = table("t-import", by_user(), EVERYTHING)
    workspace.write(hcl).apply()
    workspace.run("state", "rm", ADDRESS)
    workspace.run("import", "-no-color", ADDRESS, "t-import")
    assert workspace.actions() == {}


@pytest.mark.parametrize(
    ("hcl", "expected"),
    [
        (table("t-no", attribute("colour")), 'all attributes must be indexed. Unused attributes: ["colour"]'),
        (table("t-no", mode="PROVISIONED"), '"read_capacity" must be at least 1 when billing_mode is "PROVISIONED"'),
        (table("t-no", units=5, mode="PAY_PER_REQUEST"), '"read_capacity" can not be set when billing_mode is'),
        (table("t-no", mode="FREE"), 'expected billing_mode to be one of ["PAY_PER_REQUEST" "PROVISIONED"], got FREE'),
        (
            table("t-no", '  restore_source_name = "x"\n'),
            "does not implement restore_source_name of aws_dynamodb_table",
        ),
        (table("t-no", "  stream_enabled = true\n"), "does not implement stream_enabled of aws_dynamodb_table"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(workspace: Workspace, hcl: str, expected: str) -> None:
    assert expected in workspace.write(hcl).refusal("plan")
