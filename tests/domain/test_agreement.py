"""hybridctl.toml and the HCL speak of one function, or the plan is refused with both named."""

from dataclasses import replace
from typing import Any

import pytest

from hybridctl.domain.agreement import FunctionSettings, find_disagreements, find_impossible_values
from hybridctl.domain.package import sha256_of

WANTED = FunctionSettings("acme-local", "python3.13", "arm64", "backend.entry.handle", "live")
SHA = sha256_of(b"zip")


def planned(**values: Any) -> dict[str, Any]:
    function = {
        "function_name": "acme-local",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "backend.entry.handle",
        "filename": "../../lambda_function.zip",
        "source_code_hash": SHA,
    } | values
    alias = {"function_name": "acme-local", "name": "live"}
    resources = [
        {"address": "module.f.aws_lambda_function.this", "type": "aws_lambda_function", "values": function},
        {"address": "module.f.aws_lambda_alias.live", "type": "aws_lambda_alias", "values": alias},
    ]
    return {"planned_values": {"root_module": {"child_modules": [{"resources": resources}]}}}


def test_one_function_told_alike_agrees():
    assert find_disagreements(planned(), WANTED, SHA) == []
    assert find_disagreements({}, WANTED, SHA) == []
    assert find_disagreements(planned(runtime=None, architectures=None, source_code_hash="not ours"), WANTED, SHA) == []


@pytest.mark.parametrize(
    ("setting", "value", "both"),
    [
        ("runtime", "python3.12", ("python3.12", "python3.13")),
        ("architecture", "x86_64", ("x86_64", "arm64")),
        ("handler", "main.handle", ("main.handle", "backend.entry.handle")),
        ("alias", "serving", ("serving", "live")),
        ("name", "acme-shop-local", ("acme-shop-local", "acme-local")),
    ],
)
def test_a_difference_names_both(setting, value, both):
    (found,) = find_disagreements(planned(), replace(WANTED, **{setting: value}), SHA)
    assert all(one in found for one in both)


def test_another_zip_is_named():
    (found,) = find_disagreements(planned(), WANTED, sha256_of(b"other"))
    assert "../../lambda_function.zip" in found


def test_an_environment_that_lambda_refuses_is_named_without_its_values():
    plan = planned(environment=[{"variables": {"ORIGINS": "https://secret.example.com," * 200, "SHORT": "x"}}])
    (found,) = find_impossible_values(plan)
    assert "ORIGINS" in found
    assert "4096" in found
    assert "secret" not in found
    assert find_impossible_values(planned(environment=[{"variables": {"A": "x" * 4095}}])) == []
    assert find_impossible_values(planned(environment=[{"variables": {"A": "x" * 4096}}]))


def test_a_plan_that_disagrees_is_refused_by_the_command(hybridctl):
    from fakes import FakeBackend

    backend = FakeBackend.deployed(1)
    backend.terraform.planned = planned(architectures=["x86_64"], function_name="hybrid-ci-cd-local")
    for line in (["plan", "local"], ["deploy", "local"]):
        ran = hybridctl(*line, backend=backend, width=300)
        assert ran.code == 2
        assert "architecture is arm64 in hybridctl.toml, and x86_64 in module.f.aws_lambda_function.this" in ran.err
        assert backend.terraform.open_plans == 0
