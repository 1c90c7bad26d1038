"""What is read of the HCL without Terraform is what Terraform made of it: its state is the witness."""

from typing import Any

from e2e.conftest import Clone
from hybridctl.adapters.terraform.declared import read_declared_resources
from hybridctl.domain.impossible_values import as_number

JUDGED = {
    "aws_lambda_function": ("function_name", "memory_size", "timeout"),
    "aws_cloudwatch_log_group": ("retention_in_days",),
    "aws_dynamodb_table": ("name", "hash_key"),
}


def test_every_known_value_is_the_one_in_the_state(deployed: Clone) -> None:
    held = deployed.must("state", "show", "module.function.aws_lambda_function.this", "local", "--json").json
    resources = read_declared_resources(deployed.root / "terraform" / "environments" / "local")
    known = {one["address"]: one["values"] for one in resources}
    assert _of("aws_lambda_function", held["attributes"], known["module.function.aws_lambda_function.this"]) >= 2
    log = deployed.must("state", "show", "module.function.aws_cloudwatch_log_group.this", "local", "--json").json
    assert _of("aws_cloudwatch_log_group", log["attributes"], known["module.function.aws_cloudwatch_log_group.this"])


def _of(kind: str, made: dict[str, Any], declared: dict[str, Any]) -> int:
    names = [name for name in JUDGED[kind] if name in declared]
    for name in names:
        value, real = declared[name], made[name]
        assert (as_number(value) if isinstance(real, int) else value) == real, name
    return len(names)


def test_doctor_names_a_value_before_any_plan(deployed: Clone) -> None:
    path = "terraform/environments/local/terraform.tfvars"
    deployed.edit(path, lambda text: f"{text}\nlog_retention_days = 8\n" if "log_retention" not in text else text)
    deployed.edit(path, lambda text: "\n".join(_with_8(line) for line in text.splitlines()) + "\n")
    ran = deployed.run("doctor", "local")
    assert ran.code == 5
    assert "retention_in_days is 8" in " ".join(ran.all.split())


def _with_8(line: str) -> str:
    return "log_retention_days = 8" if line.startswith("log_retention_days") else line
