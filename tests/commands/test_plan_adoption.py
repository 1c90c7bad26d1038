"""What exists already: adopted when it is this environment's, named with both ways out when it is not."""

from pathlib import Path
from typing import Any

import pytest

from adapters.terraform.test_cli_engines import live as live  # noqa: PLC0414  a fixture
from adapters.terraform.test_cli_engines import quiet
from fakes import FakeBackend
from fakes.functions import FakeHandler
from hybridctl.adapters.terraform.adoption_root import adopting, import_blocks
from hybridctl.adapters.terraform.cli import TerraformCli
from hybridctl.commands.variables import parse_adopts
from hybridctl.domain.adoption import Existing, Wanted, find_wanted
from hybridctl.domain.engine import PlanRequest
from hybridctl.errors import UsageInvalid

TAGS = {"Project": "hybrid-ci-cd", "Environment": "local"}
TABLE = 'module.table["sessions"].aws_dynamodb_table.this'
API = "module.http_api.aws_apigatewayv2_api.this"


def creation_of(address: str, kind: str, **values: Any) -> dict[str, Any]:
    after = {"tags_all": TAGS, **values}
    change = {"actions": ["create"], "before": None, "after": after}
    return {"address": address, "type": kind, "mode": "managed", "change": change}


def backend_with(**there: tuple[str, dict[str, str] | None]) -> FakeBackend:
    backend = FakeBackend.deployed(1)
    backend.terraform.planned = {
        "resource_changes": [
            creation_of(TABLE, "aws_dynamodb_table", name="hybrid-ci-cd-sessions-local"),
            creation_of(API, "aws_apigatewayv2_api", name="hybrid-ci-cd-local"),
        ]
    }
    backend.terraform.publishes = FakeHandler(2)
    names = {"table": TABLE, "api": API}
    backend.leftovers.there = {names[name]: found for name, found in there.items()}
    return backend


def test_an_object_of_ours_is_shown_as_an_import_and_adopted_by_that_plan(hybridctl, golden):
    backend = backend_with(table=("hybrid-ci-cd-sessions-local", TAGS | {"ManagedBy": "terraform"}))
    golden("plan-adopts.txt", hybridctl("plan", "local", backend=backend).transcript)
    assert backend.terraform.requests[-1].imports == {TABLE: "hybrid-ci-cd-sessions-local"}
    assert backend.terraform.open_plans == 0
    ran = hybridctl("deploy", "local", backend=backend)
    assert (ran.code, "1 imported, 1 added" in ran.err) == (0, True), ran.err


@pytest.mark.parametrize("tags", [{}, {"Project": "hybrid-ci-cd", "Environment": "staging"}, {"owner": "bob"}])
def test_an_object_of_someone_else_is_named_with_both_solutions(hybridctl, tags):
    backend = backend_with(table=("hybrid-ci-cd-sessions-local", tags))
    ran = hybridctl("deploy", "local", "--yes", backend=backend, width=400)
    assert (ran.code, backend.terraform.applied, backend.terraform.open_plans) == (4, 0, 0)
    assert f"hybridctl deploy local --adopt '{TABLE}'" in ran.err
    assert "aws delete hybrid-ci-cd-sessions-local" in ran.err
    adopted = hybridctl("deploy", "local", "--yes", "--adopt", TABLE, backend=backend)
    assert (adopted.code, "1 imported" in adopted.err) == (0, True), adopted.err


def test_an_api_of_that_name_that_is_someone_elses_is_ignored(hybridctl):
    backend = backend_with(api=("abc", {"owner": "bob"}))
    ran = hybridctl("plan", "local", backend=backend)
    assert (ran.code, backend.terraform.requests[-1].imports) == (0, {})


def test_an_id_that_is_given_is_taken_without_looking(hybridctl):
    backend = backend_with()
    assert hybridctl("plan", "local", "--adopt", f"{API}=abc123", backend=backend).code == 0
    assert backend.terraform.requests[0].imports == {API: "abc123"}


def test_an_address_for_which_nothing_is_found_is_reported(hybridctl):
    backend = backend_with()
    ran = hybridctl("plan", "local", "--adopt", API, backend=backend)
    assert (ran.code, backend.terraform.open_plans) == (3, 0)
    assert API in " ".join(ran.err.split())


def test_what_the_state_still_has_although_it_is_gone_is_forgotten_by_a_deploy_and_by_no_plan(hybridctl):
    backend = backend_with(table=("hybrid-ci-cd-sessions-local", TAGS))
    backend.terraform.in_state = {TABLE}
    planned = hybridctl("plan", "local", backend=backend)
    assert "already exists; a deploy imports it" in " ".join(planned.err.split())
    assert (planned.code, backend.terraform.in_state, backend.terraform.open_plans) == (0, {TABLE}, 0)
    ran = hybridctl("deploy", "local", backend=backend)
    assert (ran.code, "1 imported, 1 added" in ran.err, backend.terraform.in_state) == (0, True, set()), ran.err


def test_a_plan_that_creates_nothing_looks_for_nothing(hybridctl):
    backend = FakeBackend.deployed(1)
    hybridctl("plan", "local", backend=backend)
    assert backend.leftovers.looked == 0
    assert len(backend.terraform.requests) == 1


def test_what_another_address_manages_is_not_adopted_twice():
    known = {"mode": "managed", "type": "aws_dynamodb_table", "values": {"name": "t"}}
    plan = {
        "resource_changes": [creation_of("aws_dynamodb_table.new", "aws_dynamodb_table", name="t")],
        "prior_state": {"values": {"root_module": {"child_modules": [{"resources": [known]}]}}},
    }
    assert find_wanted(plan) == []


def test_what_has_no_name_before_the_apply_is_not_looked_for():
    plan = {"resource_changes": [creation_of("a", "aws_iam_role_policy", name="function")]}
    assert find_wanted(plan) == []


@pytest.mark.parametrize(
    ("wanted", "found", "ours"),
    [
        (TAGS, TAGS, True),
        (TAGS | {"Version": "2"}, TAGS | {"Version": "1"}, True),  # only what tells an environment counts
        ({"team": "a"}, {"team": "a", "x": "y"}, True),
        ({"team": "a"}, {"team": "b"}, False),
        ({}, {}, False),
        ({}, TAGS, False),
    ],
)
def test_tags_show_who_owns_something(wanted, found, ours):
    one = Existing(Wanted("a", "aws_dynamodb_table", {"tags_all": wanted}), "t", found, "")
    assert one.is_ours is ours


def test_a_log_group_that_lambda_made_is_ours():
    wanted = Wanted("a", "aws_cloudwatch_log_group", {"tags_all": TAGS})
    assert Existing(wanted, "/aws/lambda/hybrid-ci-cd-local", {}, "").is_ours
    assert not Existing(wanted, "/aws/lambda/hybrid-ci-cd-local", {"owner": "bob"}, "").is_ours
    assert not Existing(wanted, "/aws/apigateway/hybrid-ci-cd-local", {}, "").is_ours


@pytest.mark.parametrize("text", ["", "x", "=id", "a b.c", 'module.x["a"', "a.b="])
def test_what_is_not_an_address_is_refused(text):
    with pytest.raises(UsageInvalid):
        parse_adopts([text])


def test_addresses_and_ids_are_distinguished():
    given = [f"{TABLE}=t", 'm.x["a=b"]', "a.b[0]=arn:aws:x=y"]
    assert parse_adopts(given) == {TABLE: "t", 'm.x["a=b"]': None, "a.b[0]": "arn:aws:x=y"}


def test_ids_are_written_as_text_and_never_as_a_template():
    assert import_blocks({"a.b": '${x}"%{y}'}) == 'import {\n  to = a.b\n  id = "$${x}\\"%%{y}"\n}\n\n'


def test_the_root_is_shown_with_one_file_more_and_left_as_it_was(tmp_path: Path):
    root = tmp_path / "environments" / "local"
    (root / "files").mkdir(parents=True)
    (root / "main.tf").write_text("# mine")
    (root / ".gitignore").write_text("*.zip\n")
    dead = root.with_name(".local.adopts-999999999")
    dead.mkdir()
    with adopting(root, {"a.b": "c"}) as shown:
        assert shown.parent == root.parent
        assert (shown / "main.tf").read_text() == "# mine"
        assert (shown / ".gitignore").read_text() == "*\n"
        assert (shown / "hybridctl-adopts.tf").exists()
    assert [one.name for one in root.parent.iterdir()] == ["local"]
    assert (root / ".gitignore").read_text() == "*.zip\n"


def test_the_engine_plans_an_import_and_applies_just_that_plan(live: TerraformCli):
    request = PlanRequest(imports={"terraform_data.function": "7b2a0a5e-0000-0000-0000-000000000000"})
    plan = live.plan(request, quiet)
    assert "1 to import" in plan.changes.summary
    live.apply(plan, quiet)
    assert live.resources().at("terraform_data.function").attributes["id"].startswith("7b2a0a5e")
