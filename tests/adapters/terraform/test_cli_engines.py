"""hybridctl gets the same from each engine: exit codes, JSON events, a held lock, a stale plan.

Where no `tofu` is on PATH its part is skipped, and what it says is replayed from streams that OpenTofu 1.12.6 wrote.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.terraform.test_cli import script
from hybridctl.adapters.terraform.cli import TerraformCli
from hybridctl.adapters.terraform.runs import Root
from hybridctl.domain.changes import Action, Changes
from hybridctl.domain.engine import WARNING, EngineEvent, Plan, PlanRequest
from hybridctl.errors import EngineFailed, LockHeld, PlanStale, StateMoved

RECORDED = Path(__file__).parent / "opentofu"
HCL = """\
variable "size" {
  type    = number
  default = 1
}

resource "terraform_data" "function" {
  input = var.size
}

resource "terraform_data" "alarm" {
  input = terraform_data.function.output

  lifecycle {
    postcondition {
      condition     = self.input < 9
      error_message = "The size must stay below 9."
    }
  }
}
"""


def quiet(_event: EngineEvent) -> None:
    pass


def make_root(tmp_path: Path, engine: str) -> Root:
    folder = tmp_path / "environments" / "local"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(HCL)
    environ = {"PATH": f"{tmp_path}:/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)}
    return Root("local", folder, tmp_path / "data" / "local", {}, environ, engine)


@pytest.fixture(params=["terraform", "tofu", "bundled"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> TerraformCli:
    """A root without a provider, under the engine itself."""
    found = request.param if request.param == "bundled" else shutil.which(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not on PATH; what OpenTofu says is replayed instead")
    made = TerraformCli(make_root(tmp_path, found))
    made.init(quiet)
    return made


def test_an_apply_reports_each_resource(live: TerraformCli):
    events: list[EngineEvent] = []
    plan = live.plan(PlanRequest(), quiet)
    assert plan.changes.summary == "2 to add"
    live.apply(plan, events.append)
    finished = [event.address for event in events if event.kind == "apply_complete"]
    assert finished == ["terraform_data.function", "terraform_data.alarm"]
    assert live.plan(PlanRequest(), quiet).changes.empty


MOVED = """\
resource "terraform_data" "renamed" {
  input = 1
}

moved {
  from = terraform_data.function
  to   = terraform_data.renamed
}

removed {
  from = terraform_data.alarm

  lifecycle {
    destroy = false
  }
}
"""


def test_what_changes_the_state_alone_is_applied_too(live: TerraformCli, tmp_path: Path):
    """Otherwise deleting the `moved` block later would replace the object."""
    live.apply(live.plan(PlanRequest(), quiet), quiet)
    (tmp_path / "environments" / "local" / "main.tf").write_text(MOVED)
    plan = live.plan(PlanRequest(), quiet)
    assert plan.changes.summary == "1 to move, 1 to forget"
    moved = next(one for one in plan.changes.resources if one.action is Action.MOVE)
    assert (moved.address, moved.moved_from) == ("terraform_data.renamed", "terraform_data.function")
    live.apply(plan, quiet)
    assert [one.address for one in live.resources().found] == ["terraform_data.renamed"]
    assert live.plan(PlanRequest(), quiet).changes.empty


CHECKED = """\
resource "terraform_data" "function" {
  input = 1
}

check "size" {
  assert {
    condition     = terraform_data.function.output == 2
    error_message = "The size is not 2."
  }
}
"""


def test_a_check_that_fails_and_a_value_for_no_variable_are_warnings(live: TerraformCli, tmp_path: Path):
    folder = tmp_path / "environments" / "local"
    (folder / "main.tf").write_text(CHECKED)
    (folder / "terraform.tfvars").write_text("sise = 2\n")
    events: list[EngineEvent] = []
    live.apply(live.plan(PlanRequest(), events.append), events.append)
    warnings = [event.message for event in events if event.kind == WARNING]
    assert any("Value for undeclared variable" in one and '"sise"' in one for one in warnings), warnings
    assert any("The size is not 2. (main.tf:" in one for one in warnings), warnings


HALF_MADE = """\
resource "terraform_data" "table" {
  provisioner "local-exec" {
    command = "exit 1"
  }
}
"""


def test_an_object_whose_creation_failed_is_tainted_until_it_is_to_be_kept(live: TerraformCli, tmp_path: Path):
    (tmp_path / "environments" / "local" / "main.tf").write_text(HALF_MADE)
    with pytest.raises(EngineFailed):
        live.apply(live.plan(PlanRequest(), quiet), quiet)
    plan = live.plan(PlanRequest(), quiet)
    assert [raw["action_reason"] for raw in plan.content["resource_changes"]] == ["replace_because_tainted"]
    live.untaint(["terraform_data.table"])
    assert live.plan(PlanRequest(), quiet).changes.empty
    with pytest.raises(EngineFailed, match=r"keeping terraform_data\.gone"):
        live.untaint(["terraform_data.gone"])


def test_a_plan_that_came_too_late_is_a_conflict(live: TerraformCli, tmp_path: Path):
    plan = live.plan(PlanRequest(), quiet)
    kept = tmp_path / "kept"
    shutil.copy(plan.path, kept)
    live.apply(plan, quiet)
    with pytest.raises(PlanStale):
        live.apply(Plan(kept, plan.content, plan.changes), quiet)


def test_what_fails_is_named_with_its_place(live: TerraformCli):
    live.apply(live.plan(PlanRequest(), quiet), quiet)
    plan = live.plan(PlanRequest({"size": "10"}), quiet)
    with pytest.raises(EngineFailed, match=r"The size must stay below 9\. \(main\.tf:\d+\)"):
        live.apply(plan, quiet)


def test_a_state_left_behind_is_pushed_but_never_over_a_newer_one(live: TerraformCli, tmp_path: Path):
    live.apply(live.plan(PlanRequest(), quiet), quiet)
    folder = tmp_path / "environments" / "local"
    shutil.copy(folder / "terraform.tfstate", folder / "errored.tfstate")
    live.push_errored()
    assert live.find_errored_state() is None
    shutil.copy(folder / "terraform.tfstate", tmp_path / "old")
    live.apply(live.plan(PlanRequest({"size": "2"}), quiet), quiet)
    shutil.copy(tmp_path / "old", folder / "errored.tfstate")
    with pytest.raises(StateMoved, match="serial"):
        live.push_errored()


@pytest.fixture
def replayed(tmp_path: Path) -> Callable[[str, int], TerraformCli]:
    """An engine that replays OpenTofu's output and exit code."""

    def make(stream: str, code: int) -> TerraformCli:
        version = """echo '{"terraform_version": "1.12.6"}'; exit 0"""
        body = f'case "$1" in version) {version};; esac\ncat {RECORDED / stream}.ndjson\nexit {code}'
        return TerraformCli(make_root(tmp_path, str(script(tmp_path / "tofu", body))))

    return make


def apply_plan(engine: TerraformCli) -> list[EngineEvent]:
    events: list[EngineEvent] = []
    engine.apply(Plan(Path("plan"), {}, Changes(())), events.append)
    return events


def test_opentofu_replayed_reports_each_resource(replayed):
    events = [(event.kind, event.address) for event in apply_plan(replayed("apply", 0))]
    assert ("apply_start", "terraform_data.alarm") in events
    assert ("apply_complete", "terraform_data.alarm") in events


@pytest.mark.parametrize(
    ("stream", "error", "expected"),
    [
        ("stale", PlanStale, "Saved plan is stale"),
        ("errored", EngineFailed, r"The size must stay below 9\. \(main\.tf:7\)"),
        ("locked", LockHeld, "OperationTypeApply by ada@laptop since 2026-03-01 12:00:00"),
    ],
)
def test_opentofu_replayed_fails_as_terraform_does(replayed, stream, error, expected):
    with pytest.raises(error, match=expected):
        apply_plan(replayed(stream, 1))
