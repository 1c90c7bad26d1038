"""aws_lambda_function, by the real engine against the sandbox."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.workspace import Workspace, with_ours

FUNCTION = "aws_lambda_function.this"


def package(folder: Path, answer: str = "one", name: str = "package.zip") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("entry.py"), f"def handle(event, context):\n    return {answer!r}\n")
    return path


def function(name: str, *lines: str, path: object = "package.zip", memory: int = 128) -> str:
    body = "\n  ".join(
        (
            f'function_name = "{name}"',
            'role = "arn:aws:iam::000000000000:role/any"',
            'handler = "entry.handle"',
            'runtime = "python3.13"',
            f'filename = "{path}"',
            f'source_code_hash = filebase64sha256("{path}")',
            f"memory_size = {memory}",
            "publish = true",
            *lines,
        )
    )
    return f'resource "aws_lambda_function" "this" {{\n  {body}\n}}\n'


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    package(tmp_path)
    return with_ours(tmp_path, sandbox)


def test_x(workspace: Workspace, sandbox: Any) -> None:
    state = workspace.write(function("f-x")).apply()[FUNCTION]
    assert state["version"] == "1"
    assert workspace.actions() == {}
    plan = workspace.write(function("f-x", memory=256)).plan()
    print(plan["resource_changes"][0]["change"]["after_unknown"])
    state = workspace.apply()[FUNCTION]
    assert state["version"] == "2"
    assert workspace.actions() == {}
