"""A plan without changes, read from its file: what `terraform show -json` says of the same plan is the witness.

tests/sandbox/provider/workspace.py asks the same of every resource and data source of the sandbox's provider.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hybridctl.adapters.terraform.cli import TerraformCli, _read_unchanged
from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.adapters.terraform.environment import child_environment
from hybridctl.adapters.terraform.runs import Root
from hybridctl.domain.changes import Changes
from hybridctl.domain.engine import PlanRequest

ROOT = """
variable "size" { default = 1 }
resource "terraform_data" "one" {}
resource "terraform_data" "counted" {
  count = 2
}
module "inner" {
  for_each = { "a b" = 1, c = 2 }
  source   = "./inner"
  size     = each.value
}
output "size" { value = var.size }
output "secret" {
  value     = terraform_data.one.id
  sensitive = true
}
"""
INNER = """
variable "size" {}
resource "terraform_data" "keyed" {
  for_each = { "x/y" = var.size, z = 2 }
}
"""


@pytest.fixture
def root(tmp_path: Path) -> Root:
    folder = tmp_path / "root"
    (folder / "inner").mkdir(parents=True)
    (folder / "main.tf").write_text(ROOT)
    (folder / "inner" / "main.tf").write_text(INNER)
    return Root("local", folder, tmp_path / "private" / "data", {}, dict(os.environ))


def show_plan(root: Root, saved: Path) -> dict[str, Any]:
    argv = [*find_engine(None, root.environ).argv, "show", "-json", str(saved)]
    environ = child_environment(root.environ, root.data)
    ran = subprocess.run(argv, cwd=root.folder, env=environ, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def each(module: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for raw in module.get("resources", ()):
        yield raw["address"], raw["mode"], raw["type"], json.dumps(raw["values"], sort_keys=True)
    for child in module.get("child_modules", ()):
        yield from each(child)


def test_a_plan_without_changes_is_read_as_terraform_shows_it(root, monkeypatch):
    terraform = TerraformCli(root)
    terraform.init(lambda _event: None)
    first = terraform.plan(PlanRequest(), lambda _event: None)
    assert len(first.changes.resources) == 7
    terraform.apply(first, lambda _event: None)
    monkeypatch.setattr("hybridctl.adapters.terraform.runs.Runs.show", None)  # it is not asked
    plan = terraform.plan(PlanRequest(), lambda _event: None)
    monkeypatch.undo()
    assert plan.changes == Changes(())
    witness = show_plan(root, plan.path)
    for member in (lambda one: one["planned_values"], lambda one: one["prior_state"]["values"]):
        assert sorted(each(member(plan.content)["root_module"])) == sorted(each(member(witness)["root_module"]))
    outputs = [set(one["configuration"]["root_module"]["outputs"]) for one in (plan.content, witness)]
    assert outputs[0] == outputs[1]
    changes = [{one["address"] for one in content["resource_changes"]} for content in (plan.content, witness)]
    assert changes[0] == changes[1]


def test_a_value_of_no_declared_type_is_left_to_terraform(root):
    """The file holds it beside its type."""
    (root.folder / "main.tf").write_text('resource "terraform_data" "one" { input = { size = 1 } }')
    terraform = TerraformCli(root)
    terraform.init(lambda _event: None)
    terraform.apply(terraform.plan(PlanRequest(), lambda _event: None), lambda _event: None)
    plan = terraform.plan(PlanRequest(), lambda _event: None)
    assert _read_unchanged(plan.path) is None
    [one] = plan.content["planned_values"]["root_module"]["resources"]
    assert one["values"]["input"] == {"size": 1}


def test_changes_of_outputs_alone_and_moved_addresses_are_changes(root):
    """Terraform then ends with 2: the whole plan is asked for."""
    terraform = TerraformCli(root)
    terraform.init(lambda _event: None)
    terraform.apply(terraform.plan(PlanRequest(), lambda _event: None), lambda _event: None)
    (root.folder / "more.tf").write_text('output "new" { value = 1 }')
    assert terraform.plan(PlanRequest(), lambda _event: None).changes == Changes((), ("new",))
    main = root.folder / "main.tf"
    main.write_text(main.read_text().replace('"one"', '"two"').replace(".one.", ".two."))
    (root.folder / "more.tf").write_text("moved {\n from = terraform_data.one\n to = terraform_data.two\n}\n")
    moved = terraform.plan(PlanRequest(), lambda _event: None)
    assert [one.get("previous_address") for one in moved.content["resource_changes"]].count("terraform_data.one") == 1


@pytest.mark.parametrize("content", [b"", b"not a zip", None])
def test_a_file_of_another_format_is_left_to_terraform(tmp_path, content):
    saved = tmp_path / "saved"
    if content is not None:
        saved.write_bytes(content)
    assert _read_unchanged(saved) is None
