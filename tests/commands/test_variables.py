"""Which values a plan is made of: the environment's, another one's in a rehearsal, and those of --var."""

import shlex
from pathlib import Path

import pytest

from fakes import FakeBackend, FakeCheckout

TABLE = 'module.table["agents"].aws_dynamodb_table.this'
PROTECTED = {"address": TABLE, "type": "aws_dynamodb_table", "values": {"deletion_protection_enabled": True}}
REHEARSED = {"resource_changes": [], "planned_values": {"root_module": {"resources": [PROTECTED]}}}


@pytest.mark.parametrize("command", ["plan", "deploy"])
@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("lambda_memory_szie=1", "did you mean 'lambda_memory_size'?"),
        ("nosuch=1", "its variables: cors_origins, lambda_memory_size"),
    ],
)
def test_an_unknown_variable_is_refused_before_anything_begins(hybridctl, command, typed, hint):
    backend = FakeBackend.deployed(1)
    checkout = FakeCheckout(variables={"lambda_memory_size", "cors_origins"})
    ran = hybridctl(command, "local", "--var", typed, backend=backend, checkout=checkout, width=200)
    assert ran.code == 2
    assert f"local has no Terraform variable '{typed.partition('=')[0]}'" in ran.err
    assert hint in ran.err
    assert not backend.terraform.requests


@pytest.mark.parametrize("command", ["plan", "deploy"])
@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("everything", "there is no rule 'everything'", "rules: table-destroyed, "),
        (
            "table-destroy:module.x.aws_dynamodb_table.this",
            "no rule 'table-destroy'",
            "did you mean 'table-destroyed'?",
        ),
        ("table-destroyed", "is not RULE:ADDRESS", "copy it from the plan's refusal"),
        ("table-destroyed:", "is not RULE:ADDRESS", "copy it from the plan's refusal"),
    ],
)
def test_a_waiver_of_no_rule_is_refused_before_anything_begins(hybridctl, command, typed, message, hint):
    backend = FakeBackend.deployed(1)
    ran = hybridctl(command, "local", "--allow", typed, backend=backend, width=200)
    assert ran.code == 2
    assert message in ran.err
    assert hint in ran.err
    assert not backend.terraform.requests


@pytest.mark.parametrize(("command", "option"), [("plan", "--out"), ("deploy", "--plan")])
def test_a_plan_file_is_no_change_of_the_checkout(hybridctl, command, option):
    checkout = FakeCheckout()
    hybridctl(command, "local", option, "FILE", checkout=checkout)
    assert checkout.disregarded == [Path("FILE")]


def test_a_known_variable_passes(hybridctl):
    checkout = FakeCheckout(variables={"lambda_memory_size"})
    assert hybridctl("plan", "local", "--var", "lambda_memory_size=1", checkout=checkout).code == 0


def test_the_project_is_hybridctl_tomls(hybridctl):
    ran = hybridctl("plan", "local", "--var", "project=evil", width=200)
    assert ran.code == 2
    assert "hybridctl.toml sets the project to hybrid-ci-cd" in ran.err


@pytest.mark.parametrize("is_there_something_to_do", [True, False])
def test_a_rehearsal_ends_with_the_command_that_returns_it(hybridctl, is_there_something_to_do):
    backend = FakeBackend.deployed(1, 2, live=1 if is_there_something_to_do else 2)
    backend.terraform.planned = REHEARSED
    ran = hybridctl("deploy", "local", "--as", "production", backend=backend, width=300)
    assert ran.code == 0, ran.err
    back = ran.err.splitlines()[-1].partition("to restore its own: ")[2]
    assert shlex.split(back) == ["hybridctl", "deploy", "local", "--allow", f"protection-lifted:{TABLE}"]


def test_a_rehearsal_names_what_it_does_not_borrow(hybridctl):
    checkout = FakeCheckout(set_values={"local": {"a": 1, "b": 2}, "production": {"a": 3}})
    backend = FakeBackend.deployed(1)
    ran = hybridctl("plan", "local", "--as", "production", backend=backend, checkout=checkout, width=200)
    assert "note: production does not set b: the values of local are used" in ran.err
    assert "does not set" not in hybridctl("plan", "local", backend=backend, checkout=checkout).err
