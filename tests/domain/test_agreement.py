"""hybridctl.toml and the HCL speak of one function, or the plan is refused with both named."""

from dataclasses import replace
from typing import Any

import pytest

from hybridctl.domain.agreement import ConfiguredFunction, find_disagreements
from hybridctl.domain.outputs import REQUIRED, REQUIRED_OF_API
from hybridctl.domain.package import sha256_of

WANTED = ConfiguredFunction("acme-local", "python3.13", "arm64", "backend.entry.handle", "live")
SHA = sha256_of(b"zip")


def plan(**values: Any) -> dict[str, Any]:
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


def test_the_same_function_in_both_agrees():
    assert find_disagreements(plan(), WANTED, SHA) == []
    assert find_disagreements({}, WANTED, SHA) == []
    assert find_disagreements(plan(runtime=None, architectures=None, source_code_hash="not ours"), WANTED, SHA) == []


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
    (found,) = find_disagreements(plan(), replace(WANTED, **{setting: value}), SHA)
    assert all(one in found for one in both)


def test_another_zip_is_named():
    (found,) = find_disagreements(plan(), WANTED, sha256_of(b"other"))
    assert "../../lambda_function.zip" in found


def test_a_plan_that_disagrees_is_refused_by_the_command(hybridctl):
    from fakes import FakeBackend

    backend = FakeBackend.deployed(1)
    backend.terraform.planned = plan(architectures=["x86_64"], function_name="hybrid-ci-cd-local")
    for line in (["plan", "local"], ["deploy", "local"]):
        ran = hybridctl(*line, backend=backend, width=300)
        assert ran.code == 2
        assert "architecture is arm64 in hybridctl.toml, but x86_64 in module.f.aws_lambda_function.this" in ran.err
        assert backend.terraform.open_plans == 0


def test_a_plan_without_outputs_is_refused_with_all_of_them(hybridctl):
    from fakes import FakeBackend

    backend = FakeBackend.deployed(1)
    backend.terraform.planned = {"planned_values": {}, "configuration": {"root_module": {"outputs": {"api_id": {}}}}}
    ran = hybridctl("deploy", "local", backend=backend, width=400)
    assert ran.code == 2
    missing = [name for name in (*REQUIRED_OF_API, *REQUIRED) if name != "api_id"]
    assert f"the Terraform configuration lacks the outputs {', '.join(missing)}, required by hybridctl" in ran.err
    assert 'nothing was changed; add to the root module: output "api_endpoint" {' in ran.err


def test_doctor_names_missing_outputs_before_there_is_anything(hybridctl):
    from fakes import FakeBackend, FakeCheckout

    checkout = FakeCheckout(declared_outputs=set(REQUIRED) - {"lambda_alias_name"})
    ran = hybridctl("doctor", "local", backend=FakeBackend(), checkout=checkout, width=200)
    assert ran.code == 5
    assert "the Terraform configuration lacks the output lambda_alias_name" in ran.out
    assert 'output "lambda_alias_name" { value = aws_lambda_alias.live.name }' in ran.out
