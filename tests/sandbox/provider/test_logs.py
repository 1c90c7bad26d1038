"""aws_cloudwatch_log_group, by the real engine against the sandbox."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.workspace import Workspace, with_ours

DEFAULT_TAGS = 'provider "aws" {\n  default_tags {\n    tags = { Project = "demo", Team = "core" }\n  }\n}\n'


def group(name: str, **arguments: str) -> str:
    body = "\n".join(f"  {key} = {value}" for key, value in arguments.items())
    return f'resource "aws_cloudwatch_log_group" "this" {{\n  name = "{name}"\n{body}\n}}\n'


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    return with_ours(tmp_path, sandbox)


def test_a_log_group_is_made_changed_in_place_and_removed(workspace: Workspace, sandbox: Any) -> None:
    logs = sandbox.client("logs")
    workspace.write(group("/t/life", retention_in_days="7", tags='{ A = "1", B = "2" }')).apply()
    assert workspace.actions() == {}
    workspace.write(group("/t/life", retention_in_days="30", tags='{ A = "1" }'))
    assert workspace.actions() == {"aws_cloudwatch_log_group.this": ["update"]}
    state = workspace.apply()["aws_cloudwatch_log_group.this"]
    found = logs.describe_log_groups(logGroupNamePrefix="/t/life")["logGroups"][0]
    assert found["retentionInDays"] == 30
    assert logs.list_tags_for_resource(resourceArn=state["arn"])["tags"] == {"A": "1"}
    workspace.destroy()
    assert logs.describe_log_groups(logGroupNamePrefix="/t/life")["logGroups"] == []


def test_what_was_deleted_outside_is_planned_again(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(group("/t/gone")).apply()
    sandbox.client("logs").delete_log_group(logGroupName="/t/gone")
    assert workspace.actions() == {"aws_cloudwatch_log_group.this": ["create"]}


def test_what_was_changed_outside_is_put_back(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(group("/t/drift", retention_in_days="7")).apply()
    sandbox.client("logs").put_retention_policy(logGroupName="/t/drift", retentionInDays=1)
    plan = workspace.plan()
    change = plan["resource_changes"][0]["change"]
    assert (change["before"]["retention_in_days"], change["after"]["retention_in_days"]) == (1, 7)
    assert [entry["address"] for entry in plan["resource_drift"]] == ["aws_cloudwatch_log_group.this"]


def test_an_existing_group_is_imported_without_a_difference(workspace: Workspace, sandbox: Any) -> None:
    sandbox.client("logs").create_log_group(logGroupName="/t/import", tags={"A": "1"})
    workspace.write(group("/t/import", tags='{ A = "1" }')).plan()
    workspace.run("import", "-no-color", "aws_cloudwatch_log_group.this", "/t/import")
    assert workspace.actions() == {}


def test_importing_what_is_not_there_says_so(workspace: Workspace) -> None:
    workspace.write(group("/t/nowhere")).plan()
    message = workspace.refusal("import", "aws_cloudwatch_log_group.this", "/t/nowhere")
    assert "Cannot import non-existent remote object" in message


def test_a_new_name_replaces_the_group(workspace: Workspace) -> None:
    workspace.write(group("/t/before")).apply()
    plan = workspace.write(group("/t/after")).plan()
    assert plan["resource_changes"][0]["change"]["replace_paths"] == [["name"]]
    assert workspace.actions(plan) == {"aws_cloudwatch_log_group.this": ["delete", "create"]}


def test_default_tags_are_in_tags_all_alone(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(group("/t/tags", tags='{ Team = "mine" }'), DEFAULT_TAGS)
    state = workspace.apply()["aws_cloudwatch_log_group.this"]
    assert state["tags"] == {"Team": "mine"}
    assert state["tags_all"] == {"Project": "demo", "Team": "mine"}
    assert workspace.actions() == {}


def test_a_retention_that_aws_does_not_know_is_refused_before_the_plan(workspace: Workspace) -> None:
    message = workspace.write(group("/t/odd", retention_in_days="8")).refusal()
    assert "expected retention_in_days to be one of [0 1 3" in message


def test_two_ways_to_name_a_group_conflict(workspace: Workspace) -> None:
    message = workspace.write(group("/t/odd", name_prefix='"x"')).refusal()
    assert "Conflicting configuration arguments" in message


def test_an_argument_that_does_not_exist_is_refused(workspace: Workspace) -> None:
    assert "Unsupported argument" in workspace.write(group("/t/odd", retention="8")).refusal()


def test_an_unknown_resource_type_is_refused_by_name(workspace: Workspace) -> None:
    message = workspace.write('resource "aws_kinesis_stream" "q" {}\n').refusal()
    assert 'does not support resource type "aws_kinesis_stream"' in message


def test_what_aws_refuses_names_operation_object_and_code(workspace: Workspace, sandbox: Any) -> None:
    sandbox.client("logs").create_log_group(logGroupName="/t/taken")
    message = workspace.write(group("/t/taken")).refusal("apply", "-auto-approve")
    assert "creating CloudWatch Logs Log Group (/t/taken): operation CreateLogGroup:" in message
    assert "ResourceAlreadyExistsException" in message
