"""What files say of resources without Terraform; `tests/e2e/test_declared_values.py` asks Terraform itself."""

from pathlib import Path

import pytest

from hybridctl.adapters.terraform.declared import read_declared_resources
from hybridctl.adapters.terraform.variables import read_declared_variables
from hybridctl.domain.impossible_values import find_impossible_values

MODULE = """
variable "size" { default = 512 }
variable "wait" {
  type    = number
  default = 10
}
variable "days" {}
resource "aws_lambda_function" "this" {
  function_name = "${var.size}-x"
  memory_size   = var.size
  timeout       = var.wait
  ephemeral_storage { size = 4 }
  environment {
    variables = { AWS_REGION = "x" }
  }
  dynamic "tracing_config" {
    for_each = [1]
    content { mode = "Active" }
  }
}
resource "aws_cloudwatch_log_group" "log" {
  retention_in_days = var.days
}
"""
ROOT = """
variable "memory" { type = number }
variable "days" {}
locals { seconds = 5 }
module "function" {
  source = "../modules/function"
  size   = var.memory # from the values
  wait   = local.seconds
  days   = var.days
}
resource "aws_dynamodb_table" "short" { name = "ab" }
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder, text in (("modules/function", MODULE), ("dev", ROOT)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "main.tf").write_text(text)
    (tmp_path / "dev" / "terraform.tfvars").write_text('memory = "64"\ndays = 8\n')
    return tmp_path / "dev"


def test_a_variable_is_followed_from_its_file_into_the_module(root: Path):
    found = {one["address"]: one["values"] for one in read_declared_resources(root)}
    function = found["module.function.aws_lambda_function.this"]
    assert function["memory_size"] == "64"
    assert "timeout" not in function  # given, and only Terraform knows as what
    assert "tracing_config" not in function
    assert found["module.function.aws_cloudwatch_log_group.log"] == {"retention_in_days": 8}


def test_each_impossible_value_is_found_with_its_address(root: Path):
    plan = {"planned_values": {"root_module": {"resources": read_declared_resources(root)}}}
    assert [fault.partition(":")[0] for fault in find_impossible_values(plan)] == [
        *["module.function.aws_lambda_function.this"] * 3,
        "module.function.aws_cloudwatch_log_group.log",
        "aws_dynamodb_table.short",
    ]
    (root / "terraform.tfvars").write_text('memory = "512"\ndays = "7"\n')
    plan = {"planned_values": {"root_module": {"resources": read_declared_resources(root)}}}
    assert len(find_impossible_values(plan)) == 3


@pytest.mark.parametrize(
    "text", ["}", "resource {", 'resource "a" "b"', "= 1", 'x = "', "<<EOT", 'module "a" { source = "../dev" }']
)
def test_what_cannot_be_read_is_left_to_terraform(root: Path, text: str):
    (root / "other.tf").write_text(text)
    assert isinstance(read_declared_resources(root), list)
    read_declared_variables(root)


def test_the_projects_own_roots_have_no_impossible_values():
    roots = Path(__file__).resolve().parents[3] / "terraform" / "environments"
    for root in roots.iterdir():
        resources = read_declared_resources(root)
        assert {"aws_lambda_function", "aws_cloudwatch_log_group", "aws_dynamodb_table"} <= {
            one["type"] for one in resources
        }
        assert find_impossible_values({"planned_values": {"root_module": {"resources": resources}}}) == []
