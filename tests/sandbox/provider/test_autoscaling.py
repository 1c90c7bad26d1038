"""aws_appautoscaling_target and aws_appautoscaling_policy, by the real engine against the sandbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from hybridctl.sandbox.provider.autoscaling import Policy
from hybridctl.sandbox.provider.resource import ResourceCall
from sandbox.provider.workspace import Workspace, with_ours

TARGET, POLICY = "aws_appautoscaling_target.this", "aws_appautoscaling_policy.this"
READ = "dynamodb:table:ReadCapacityUnits"


@pytest.fixture
def table(sandbox: Any) -> Iterator[str]:
    """A table, which a target needs to be there."""
    dynamodb, name = sandbox.client("dynamodb"), "s-table"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Iterator[Workspace]:
    made = with_ours(tmp_path, sandbox)
    yield made
    made.destroy()


def target(table: str, *lines: str, least: int = 5, dimension: str = READ) -> str:
    body = "\n  ".join(
        (
            'service_namespace = "dynamodb"',
            f'resource_id = "table/{table}"',
            f'scalable_dimension = "{dimension}"',
            f"min_capacity = {least}",
            "max_capacity = 20",
            *lines,
        )
    )
    return f'resource "aws_appautoscaling_target" "this" {{\n  {body}\n}}\n'


def policy(*lines: str, kind: str = "TargetTrackingScaling", use: int = 70) -> str:
    body = "\n  ".join(
        (
            f'name = "{READ}:${{aws_appautoscaling_target.this.resource_id}}"',
            f'policy_type = "{kind}"',
            "service_namespace = aws_appautoscaling_target.this.service_namespace",
            "resource_id = aws_appautoscaling_target.this.resource_id",
            "scalable_dimension = aws_appautoscaling_target.this.scalable_dimension",
            "target_tracking_scaling_policy_configuration {",
            f"  target_value = {use}",
            "  scale_in_cooldown = 60",
            "  predefined_metric_specification {",
            '    predefined_metric_type = "DynamoDBReadCapacityUtilization"',
            "  }",
            *lines,
            "}",
        )
    )
    return f'resource "aws_appautoscaling_policy" "this" {{\n  {body}\n}}\n'


def list_targets(sandbox: Any) -> list[dict[str, Any]]:
    found = sandbox.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="dynamodb")
    return [entry for entry in found["ScalableTargets"] if entry["ResourceId"] == "table/s-table"]


def test_a_target_and_its_policy_are_made_changed_in_place_and_removed(
    workspace: Workspace, sandbox: Any, table: str
) -> None:
    state = workspace.write(target(table) + policy()).apply()
    assert state[TARGET]["id"] == "table/s-table"
    assert workspace.actions() == {}
    workspace.write(target(table, 'tags = { A = "1" }', least=6) + policy(use=50))
    assert workspace.actions() == {TARGET: ["update"], POLICY: ["update"]}
    state = workspace.apply()
    assert state[TARGET]["tags_all"] == {"A": "1"}
    assert workspace.actions() == {}
    assert [entry["MinCapacity"] for entry in list_targets(sandbox)] == [6]
    (found,) = sandbox.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="dynamodb", ResourceId="table/s-table"
    )["ScalingPolicies"]
    assert found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50
    workspace.destroy()
    assert list_targets(sandbox) == []


def test_what_was_deleted_outside_is_planned_again(workspace: Workspace, sandbox: Any, table: str) -> None:
    workspace.write(target(table) + policy()).apply()
    sandbox.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="dynamodb", ResourceId="table/s-table", ScalableDimension=READ
    )
    assert workspace.actions() == {TARGET: ["create"], POLICY: ["create"]}


def test_another_dimension_is_another_target(workspace: Workspace, table: str) -> None:
    workspace.write(target(table)).apply()
    plan = workspace.write(target(table, dimension=READ.replace("Read", "Write"))).plan()
    assert workspace.actions(plan) == {TARGET: ["delete", "create"]}


def test_existing_ones_are_imported_without_a_difference(workspace: Workspace, table: str) -> None:
    workspace.write(target(table) + policy()).apply()
    where = f"dynamodb/table/{table}/{READ}"
    for address, identity in ((TARGET, where), (POLICY, f"{where}/{READ}:table/{table}")):
        workspace.run("state", "rm", address)
        workspace.run("import", "-no-color", address, identity)
    assert workspace.actions() == {}
    workspace.run("state", "rm", POLICY)
    assert "unexpected format" in workspace.refusal("import", POLICY, where)
    workspace.run("import", "-no-color", POLICY, f"{where}/{READ}:table/{table}")


@pytest.mark.parametrize(
    ("hcl", "expected"),
    [
        (target("x", least=30), "min_capacity (30) is above max_capacity (20)"),
        (target("x", 'role_arn = "arn:aws:iam::000000000000:role/r"'), "does not implement role_arn"),
        (target("x") + policy(kind="StepScaling"), 'does not implement policy_type "StepScaling"'),
        (
            target("x") + policy("customized_metric_specification {}"),
            "does not implement target_tracking_scaling_policy_configuration.customized_metric_specification",
        ),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(workspace: Workspace, hcl: str, expected: str) -> None:
    assert expected in workspace.write(hcl).refusal()
    workspace.write("")


@pytest.mark.parametrize(
    ("identity", "resource", "name"),
    [
        (f"dynamodb/table/t/{READ}/p", "table/t", "p"),
        (f"dynamodb/table/t/{READ}/{READ}:table/t", "table/t", f"{READ}:table/t"),
        ("dynamodb/table/t/index/i/dynamodb:index:ReadCapacityUnits/a/b", "table/t/index/i", "a/b"),
        ("lambda/function:f:live/lambda:function:ProvisionedConcurrency/p", "function:f:live", "p"),
    ],
)
def test_the_id_of_a_policy_is_taken_apart_whatever_slashes_it_has(identity: str, resource: str, name: str) -> None:
    found = Policy().import_state(call=cast(ResourceCall, None), identity=identity)
    assert (found["resource_id"], found["name"]) == (resource, name)
