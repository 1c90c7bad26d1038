"""Habits of the modules that no engine checks."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

MODULES = ("function", "http_api", "observability", "table")

# The types that the sandbox's provider answers for.
TYPES = {
    "aws_apigatewayv2_api",
    "aws_apigatewayv2_integration",
    "aws_apigatewayv2_route",
    "aws_apigatewayv2_stage",
    "aws_appautoscaling_policy",
    "aws_appautoscaling_target",
    "aws_caller_identity",
    "aws_cloudwatch_composite_alarm",
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_metric_alarm",
    "aws_dynamodb_table",
    "aws_iam_policy_document",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_lambda_alias",
    "aws_lambda_function",
    "aws_lambda_permission",
    "aws_lambda_provisioned_concurrency_config",
    "aws_partition",
    "aws_region",
    "aws_sns_topic",
    "aws_sns_topic_subscription",
}


def _text(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tf")))


def test_there_are_no_other_modules(hcl: Path) -> None:
    assert {folder.name for folder in (hcl / "modules").iterdir() if folder.is_dir()} == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_files_one_looks_for(hcl: Path, module: str) -> None:
    folder = hcl / "modules" / module
    wanted = {"README.md", "main.tf", "outputs.tf", "terraform.tf", "variables.tf"}
    assert wanted <= {path.name for path in folder.iterdir()}
    assert list(folder.glob("tests/*.tftest.hcl"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_calls_no_module_and_configures_no_provider(hcl: Path, module: str) -> None:
    assert not re.search(r"^(module|provider|backend)\b", _text(hcl / "modules" / module), flags=re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_admits_the_providers_that_it_was_written_for(hcl: Path, module: str) -> None:
    text = (hcl / "modules" / module / "terraform.tf").read_text(encoding="utf-8")
    assert 'required_version = ">= 1.10"' in text
    assert '">= 5.100, < 7"' in text


def test_only_types_are_used_that_the_sandbox_knows(hcl: Path) -> None:
    text = "\n".join(_text(path.parent) for path in hcl.glob("*/*/main.tf"))
    assert set(re.findall(r'^(?:resource|data) "(\w+)"', text, flags=re.MULTILINE)) <= TYPES


@pytest.mark.parametrize("module", MODULES)
def test_every_variable_and_output_says_what_it_is(hcl: Path, module: str) -> None:
    blocks = re.findall(
        r'^(?:variable|output) "\w+" {\n(.*?)^}', _text(hcl / "modules" / module), re.MULTILINE | re.DOTALL
    )
    assert blocks
    assert all(re.search(r'^  description\s+= "', block, re.MULTILINE) for block in blocks)


@pytest.mark.parametrize("module", MODULES)
def test_a_readme_names_every_variable_and_output(hcl: Path, module: str) -> None:
    folder = hcl / "modules" / module
    names = re.findall(r'^(?:variable|output) "(\w+)"', _text(folder), flags=re.MULTILINE)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_a_skipped_check_says_why(hcl: Path) -> None:
    text = "\n".join(_text(path.parent) for path in hcl.glob("*/*/main.tf"))
    skips = re.findall(r"#checkov:skip=(\S+?):(.*)", text)
    assert skips
    assert all(len(reason.split()) > 4 for _, reason in skips)


def test_the_hcl_is_formatted(hcl: Path, formatter: Any) -> None:
    ended = formatter.run(hcl, "fmt", "-check", "-recursive", "-diff", check=False)
    assert ended.returncode == 0, ended.stdout


ALONE = {
    "function": 'name = "worker"\nrole_name = "worker"\npackage = "main.tf"\n'
    "memory_size = 128\nlog_retention_days = 7\n"
    'log_group_arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/worker"',
    "http_api": 'name = "shop"\nstage_name = "v1"\nroutes = ["GET /health", "$default"]\nfunction_name = "worker"\n'
    'alias_name = "live"\nalias_invoke_arn = "arn:aws:lambda:us-east-1:123456789012:function:worker:live"\n'
    'throttling_burst_limit = 10\nthrottling_rate_limit = 5\nlog_group_name = "/shop"\nlog_retention_days = 7',
    "observability": 'project = "shop"\nenvironment = "dev"\nfunction_name = "worker"\nalias_name = "live"\n'
    'api_id = "a1"\nstage_name = "v1"\ntables = {}',
    "table": 'name = "orders"\nhash_key = "id"\nattributes = { id = "S" }',
}


def test_each_module_works_alone_from_a_released_version(hcl: Path, engine: Any, tmp_path: Path) -> None:
    """As another project takes one: from a tag of this repository, without the modules beside it."""
    if "TF_REATTACH_PROVIDERS" not in engine.environment:
        pytest.skip("where a module comes from is the engine's affair, whichever the provider")
    released = tmp_path / "released"
    shutil.copytree(hcl, released / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.zip", "*.tfstate*"))
    git = ["git", "-C", str(released), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for line in (["init", "-q"], ["add", "."], ["commit", "-qm", "release"], ["tag", "v0.1.0"]):
        subprocess.run([*git, *line], check=True)
    for module, arguments in ALONE.items():
        folder = tmp_path / module
        folder.mkdir()
        source = f"git::file://{released}//terraform/modules/{module}?ref=v0.1.0"
        text = f'module "this" {{\n  source = "{source}"\n{arguments}\n}}\n'
        (folder / "main.tf").write_text(text, encoding="utf-8")
        engine.init(folder)
        engine.run(folder, "validate", "-no-color")


def test_a_module_that_works_alone_is_every_module() -> None:
    assert set(ALONE) == set(MODULES)
