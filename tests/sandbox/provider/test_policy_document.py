"""The data source aws_iam_policy_document and its neighbours, against what hashicorp/aws 5.100 answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.provider.workspace import Workspace, with_ours

HERE = Path(__file__).parent
ANSWERS = json.loads((HERE / "hashicorp" / "policy_documents.json").read_text())
EVERY_DOCUMENT = (HERE / "policy_documents.tf").read_text()


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    return with_ours(tmp_path, sandbox)


def test_documents_are_the_real_ones_byte_for_byte(workspace: Workspace) -> None:
    state = workspace.write(EVERY_DOCUMENT).apply()
    for address, answer in ANSWERS.items():
        assert {name: state[address][name] for name in answer} == answer


def test_the_sandbox_says_whose_and_where_it_is(workspace: Workspace, sandbox: Any) -> None:
    hcl = 'data "aws_caller_identity" "it" {}\ndata "aws_region" "it" {}\ndata "aws_partition" "it" {}\n'
    state = workspace.write(hcl).apply()
    assert state["data.aws_caller_identity.it"]["account_id"] == "000000000000"
    assert state["data.aws_region.it"] == {
        "description": "US East (N. Virginia)",
        "endpoint": "ec2.us-east-1.amazonaws.com",
        "id": "us-east-1",
        "name": "us-east-1",
    }
    assert state["data.aws_partition.it"]["dns_suffix"] == "amazonaws.com"


def test_the_region_is_the_one_that_the_provider_block_names(workspace: Workspace) -> None:
    provider = 'provider "aws" {\n  region = "cn-north-1"\n}\n'
    hcl = 'data "aws_region" "it" {}\ndata "aws_partition" "it" {}\n'
    state = workspace.write(hcl, provider).apply()
    assert state["data.aws_region.it"]["id"] == "cn-north-1"
    assert state["data.aws_partition.it"]["partition"] == "aws-cn"


def statement(*lines: str, top: str = "") -> str:
    body = "\n    ".join(lines)
    return f'data "aws_iam_policy_document" "it" {{\n  {top}\n  statement {{\n    {body}\n  }}\n}}\n'


@pytest.mark.parametrize(
    ("hcl", "expected"),
    [
        (statement('sid = "no-dash"'), "must only include alphanumeric characters"),
        (statement('effect = "allow"'), 'expected statement.effect to be one of ["Allow" "Deny"], got allow'),
        (statement(top='source_policy_documents = ["{"]'), "contains an invalid JSON"),
        (
            statement('resources = ["&{x}"]', top='version = "2008-10-17"'),
            "not supported in document version 2008-10-17",
        ),
        (statement(top='override_policy_documents = ["{\\"Statement\\": {}}"]'), "merging override document 0"),
    ],
)
def test_a_document_that_cannot_be_is_refused(workspace: Workspace, hcl: str, expected: str) -> None:
    assert expected in workspace.write(hcl).refusal("plan")
