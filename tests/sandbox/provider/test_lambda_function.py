"""aws_lambda_function and what belongs to it, by the real engine against the sandbox."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.workspace import Workspace, with_ours

FUNCTION = "aws_lambda_function.this"
WARM = "aws_lambda_provisioned_concurrency_config.this"


def package(folder: Path, answer: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "package.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("entry.py"), f"def handle(event, context):\n    return {answer!r}\n")


def function(name: str, *lines: str, memory: int = 128) -> str:
    body = "\n  ".join(
        (
            f'function_name = "{name}"',
            'role = "arn:aws:iam::000000000000:role/any"',
            'handler = "entry.handle"',
            'runtime = "python3.13"',
            'filename = "package.zip"',
            'source_code_hash = filebase64sha256("package.zip")',
            f"memory_size = {memory}",
            "publish = true",
            *lines,
        )
    )
    return f'resource "aws_lambda_function" "this" {{\n  {body}\n}}\n'


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    package(tmp_path, "one")
    return with_ours(tmp_path, sandbox)


def answer(sandbox: Any, name: str, version: str) -> bytes:
    found: bytes = sandbox.client("lambda").invoke(FunctionName=name, Qualifier=version)["Payload"].read()
    return found


def test_a_change_of_code_or_configuration_publishes_a_version(workspace: Workspace, sandbox: Any) -> None:
    assert workspace.write(function("f-life")).apply()[FUNCTION]["version"] == "1"
    assert workspace.actions() == {}
    workspace.write(function("f-life", memory=256))
    assert workspace.actions() == {FUNCTION: ["update"]}
    assert workspace.apply()[FUNCTION]["version"] == "2"
    package(workspace.folder, "two")
    assert workspace.actions() == {FUNCTION: ["update"]}
    state = workspace.apply()[FUNCTION]
    assert (state["version"], state["qualified_arn"]) == ("3", f"{state['arn']}:3")
    assert [answer(sandbox, "f-life", str(number)) for number in (1, 2, 3)] == [b'"one"', b'"one"', b'"two"']
    assert workspace.actions() == {}
    workspace.destroy()
    with pytest.raises(sandbox.client("lambda").exceptions.ResourceNotFoundException):
        sandbox.client("lambda").get_function(FunctionName="f-life")


def test_a_tag_or_a_reservation_publishes_nothing(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(function("f-tags", 'tags = { A = "1" }')).apply()
    workspace.write(function("f-tags", 'tags = { B = "2" }', "reserved_concurrent_executions = 3"))
    assert workspace.actions() == {FUNCTION: ["update"]}
    assert workspace.apply()[FUNCTION]["version"] == "1"
    found = sandbox.client("lambda").get_function(FunctionName="f-tags")
    assert found["Tags"] == {"B": "2"}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    assert workspace.actions() == {}


def test_what_was_changed_by_hand_is_put_back(workspace: Workspace, sandbox: Any) -> None:
    workspace.write(function("f-hand", 'environment {\n    variables = { NAME = "1" }\n  }')).apply()
    client = sandbox.client("lambda")
    client.update_function_configuration(
        FunctionName="f-hand", MemorySize=512, Environment={"Variables": {"NAME": "2"}}
    )
    plan = workspace.plan()
    assert workspace.actions(plan) == {FUNCTION: ["update"]}
    before = next(entry["change"]["before"] for entry in plan["resource_changes"])
    assert (before["memory_size"], before["environment"][0]["variables"]) == (512, {"NAME": "2"})
    workspace.apply()
    found = client.get_function_configuration(FunctionName="f-hand")
    assert (found["MemorySize"], found["Environment"]["Variables"]) == (128, {"NAME": "1"})
    client.delete_function(FunctionName="f-hand")
    assert workspace.actions() == {FUNCTION: ["create"]}


def test_what_is_not_implemented_may_be_unknown_to_validate_but_not_to_a_plan(workspace: Workspace) -> None:
    variable = 'variable "key" {\n  type = string\n  default = null\n}\n'
    workspace.write(variable + function("f-unknown", "kms_key_arn = var.key"))
    assert workspace.actions() == {FUNCTION: ["create"]}
    role = 'resource "aws_iam_role" "r" {\n  name = "f-unknown"\n  assume_role_policy = "{}"\n}\n'
    message = workspace.write(role + function("f-unknown", "kms_key_arn = aws_iam_role.r.arn")).refusal("plan")
    assert "does not implement kms_key_arn of aws_lambda_function" in message


def test_another_name_replaces_the_function(workspace: Workspace) -> None:
    workspace.write(function("f-old")).apply()
    plan = workspace.write(function("f-new")).plan()
    assert workspace.actions(plan) == {FUNCTION: ["delete", "create"]}
    assert [entry["change"]["replace_paths"] for entry in plan["resource_changes"]] == [[["function_name"]]]


def test_a_function_and_its_warm_environments_are_imported_without_a_difference(workspace: Workspace) -> None:
    warm = """
resource "aws_lambda_provisioned_concurrency_config" "this" {
  function_name                     = "f-import"
  qualifier                         = "1"
  provisioned_concurrent_executions = 1
  depends_on                        = [aws_lambda_function.this]
}
"""
    workspace.write(function("f-import") + warm).apply()
    workspace.run("state", "rm", FUNCTION, WARM)
    workspace.run("import", "-no-color", FUNCTION, "f-import")
    workspace.run("import", "-no-color", WARM, "f-import,1")
    plan = workspace.plan()
    # filename, source_code_hash and publish are the HCL's alone: no API tells them, so the real one updates them too.
    assert workspace.actions(plan) == {FUNCTION: ["update"]}
    assert workspace.apply()[FUNCTION]["memory_size"] == 128
    assert workspace.actions() == {}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("timeout = 901", "expected timeout to be in the range (1 - 900), got 901"),
        ('layers = ["arn:aws:lambda:us-east-1:1:layer:x:1"]', "does not implement layers of aws_lambda_function"),
        ("reserved_concurrent_executions = -2", "expected reserved_concurrent_executions to be at least (-1)"),
        ('package_type = "Image"', "does not implement package_type Image"),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(workspace: Workspace, line: str, expected: str) -> None:
    assert expected in workspace.write(function("f-no", line)).refusal()


def test_a_package_that_is_not_there_is_named(workspace: Workspace) -> None:
    workspace.write(function("f-none").replace('filename = "package.zip"', 'filename = "gone.zip"')).plan()
    assert "reading ZIP file (gone.zip): no such file" in workspace.refusal("apply", "-auto-approve")
