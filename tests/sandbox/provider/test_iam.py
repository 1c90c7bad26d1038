"""aws_iam_role and aws_iam_role_policy, by the real engine against the sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.workspace import Workspace, with_ours

ROLE, POLICY = "aws_iam_role.this", "aws_iam_role_policy.this"
TRUST = """
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}
"""


def role(name: str, *lines: str) -> str:
    body = "\n  ".join((f'name = "{name}"', "assume_role_policy = data.aws_iam_policy_document.trust.json", *lines))
    return f'{TRUST}resource "aws_iam_role" "this" {{\n  {body}\n}}\n'


def policy(*actions: str) -> str:
    statement = f'{{ Effect = "Allow", Action = {json.dumps(actions)}, Resource = ["*"] }}'
    text = f'jsonencode({{ Statement = [{statement}], Version = "2012-10-17" }})'
    body = f'  name = "inline"\n  role = aws_iam_role.this.id\n  policy = {text}\n'
    return f'resource "aws_iam_role_policy" "this" {{\n{body}}}\n'


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    return with_ours(tmp_path, sandbox)


def test_a_role_and_its_policy_are_made_changed_in_place_and_removed(workspace: Workspace, sandbox: Any) -> None:
    iam = sandbox.client("iam")
    workspace.write(role("r-life", 'tags = { A = "1" }') + policy("s3:GetObject")).apply()
    assert workspace.actions() == {}
    described = 'description = "what it is for"'
    workspace.write(role("r-life", described, "max_session_duration = 7200") + policy("s3:GetObject", "s3:PutObject"))
    assert workspace.actions() == {ROLE: ["update"], POLICY: ["update"]}
    workspace.apply()
    assert workspace.actions() == {}
    found = iam.get_role(RoleName="r-life")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("what it is for", 7200)
    inline = iam.get_role_policy(RoleName="r-life", PolicyName="inline")["PolicyDocument"]
    assert inline["Statement"][0]["Action"] == ["s3:GetObject", "s3:PutObject"]
    workspace.destroy()
    assert "r-life" not in [entry["RoleName"] for entry in iam.list_roles()["Roles"]]


def test_a_policy_in_another_order_and_spacing_is_not_a_difference(workspace: Workspace) -> None:
    hcl = role("r-json") + policy("s3:GetObject", "s3:PutObject")
    workspace.write(hcl).apply()
    text = '{ "Version": "2012-10-17", "Statement": {"Resource": "*", "Action": ["s3:PutObject", "s3:GetObject"], '
    text += '"Effect": "Allow"} }'
    rewritten = policy().split("policy =")[0] + f"policy = {json.dumps(text)}\n}}\n"
    assert workspace.actions(workspace.write(role("r-json") + rewritten).plan()) == {}


def test_a_policy_deleted_outside_is_planned_again(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(role("r-gone") + policy("s3:GetObject")).apply()
    sandbox.client("iam").delete_role_policy(RoleName="r-gone", PolicyName="inline")
    assert workspace.actions() == {POLICY: ["create"]}
    sandbox.client("iam").delete_role(RoleName="r-gone")
    assert workspace.actions() == {ROLE: ["create"], POLICY: ["create"]}


def test_a_policy_widened_outside_is_put_back(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(role("r-drift") + policy("s3:GetObject")).apply()
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam = sandbox.client("iam")
    iam.put_role_policy(RoleName="r-drift", PolicyName="inline", PolicyDocument=json.dumps(wide))
    assert workspace.actions() == {POLICY: ["update"]}


def test_another_name_or_path_replaces_the_role_and_its_policy(workspace: Workspace) -> None:
    workspace.write(role("r-before") + policy("s3:GetObject")).apply()
    plan = workspace.write(role("r-before", 'path = "/team/"') + policy("s3:GetObject")).plan()
    replaced = {ROLE: ["delete", "create"], POLICY: ["delete", "create"]}
    assert workspace.actions(plan) == replaced
    paths = {entry["address"]: entry["change"]["replace_paths"] for entry in plan["resource_changes"]}
    assert paths == {ROLE: [["path"]], POLICY: [["role"]]}


def test_both_are_imported_by_their_real_ids(workspace: Workspace) -> None:
    workspace.write(role("r-import") + policy("s3:GetObject")).apply()
    workspace.run("state", "rm", ROLE, POLICY)
    workspace.run("import", "-no-color", ROLE, "r-import")
    workspace.run("import", "-no-color", POLICY, "r-import:inline")
    assert workspace.actions() == {}


def test_a_trust_policy_that_is_not_json_is_refused_before_the_plan(workspace: Workspace) -> None:
    hcl = 'resource "aws_iam_role" "this" {\n  name = "r-no"\n  assume_role_policy = "{"\n}\n'
    assert '"assume_role_policy" contains an invalid JSON policy' in workspace.write(hcl).refusal()


def test_an_inline_policy_block_is_refused_by_name(workspace: Workspace) -> None:
    message = workspace.write(role("r-no", 'inline_policy {\n    name = "x"\n  }')).refusal()
    assert "the sandbox does not implement inline_policy of aws_iam_role" in message


def test_a_managed_policy_is_attached_imported_planned_again_when_it_is_gone_and_detached(
    workspace: Workspace, sandbox: Any
) -> None:
    iam, logs = sandbox.client("iam"), "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    address = "aws_iam_role_policy_attachment.this"
    hcl = role("r-attached") + (
        f'resource "aws_iam_role_policy_attachment" "this" {{\n'
        f'  role = aws_iam_role.this.name\n  policy_arn = "{logs}"\n}}\n'
    )
    workspace.write(hcl).apply()
    assert workspace.actions() == {}
    workspace.run("state", "rm", address)
    workspace.run("import", "-no-color", address, f"r-attached/{logs}")
    assert workspace.actions() == {}
    iam.detach_role_policy(RoleName="r-attached", PolicyArn=logs)
    assert workspace.actions() == {address: ["create"]}
    workspace.apply()
    assert [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName="r-attached")["AttachedPolicies"]]
    workspace.destroy()
    assert "r-attached" not in [entry["RoleName"] for entry in iam.list_roles()["Roles"]]
