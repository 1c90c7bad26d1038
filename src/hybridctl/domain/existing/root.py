"""The HCL of a taken-over function: a module, a root for each environment, and import blocks."""

from collections.abc import Mapping, Sequence
from typing import Any

from hybridctl.domain.existing.api_hcl import render_api, render_permissions
from hybridctl.domain.existing.function import LiveFunction
from hybridctl.domain.existing.function_hcl import only_on_aws, render_alias, render_function
from hybridctl.domain.existing.hcl import HclBlock, Raw, literal
from hybridctl.domain.existing.parts import ALIAS, FUNCTION
from hybridctl.domain.existing.role_hcl import render_attachments, render_group, render_policies, render_role

MODULE = "infra/function"
_TERRAFORM = """terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
"""
_BACKEND = """
  # hybridctl passes bucket, region and key.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
"""


def render_terraform(function: LiveFunction, environment: str) -> dict[str, str]:
    """Return every HCL file by path. The import blocks are for `environment`, where the function exists."""
    main, imports = _module(function, is_on_sandbox=environment == "local")
    files = {
        f"{MODULE}/main.tf": _file(main),
        f"{MODULE}/variables.tf": _file(_variables(function)),
        f"{MODULE}/outputs.tf": _outputs(function),
        f"{MODULE}/tests/function.tftest.hcl": _test(function),
        **{f"{MODULE}/policies/{name}.json": text for name, text in render_policies(function).items()},
    }
    for name in dict.fromkeys(("local", environment)):
        files[f"infra/{name}/main.tf"] = _root(function, is_sandbox=name == "local", is_source=name == environment)
    files[f"infra/{environment}/imports.tf"] = _imports(function, imports)
    return files


def _module(function: LiveFunction, *, is_on_sandbox: bool) -> tuple[list[HclBlock], dict[str, str]]:
    """Return the resources, and the import ids of the existing ones by their address in the module."""
    blocks = [render_function(function, only_on_aws(function) if is_on_sandbox else ()), render_alias(function)]
    if function.secrets:
        plain = {name: value for name, value in sorted(function.variables.items()) if name not in function.secrets}
        blocks.insert(0, HclBlock("locals", {"variables": plain}))
    imports = {"aws_lambda_function.this": function.name}
    if function.alias:
        imports["aws_lambda_alias.live"] = f"{function.name}/{function.alias.name}"
    if function.provisioned:
        blocks.append(
            HclBlock(
                'resource "aws_lambda_provisioned_concurrency_config" "live"',
                {
                    "function_name": FUNCTION,
                    "qualifier": ALIAS,
                    "provisioned_concurrent_executions": function.provisioned,
                },
            )
        )
        imports["aws_lambda_provisioned_concurrency_config.live"] = f"{function.name},{function.alias_name}"
    for more in (render_group, render_role, render_attachments, render_api, render_permissions):
        for block, identity in more(function):
            blocks.append(block)
            imports |= identity
    return blocks, imports


def _variables(function: LiveFunction) -> list[HclBlock]:
    blocks = [
        _variable("package", "The zip that `hybridctl build` makes.", "string", "../../build/function.zip"),
        _variable(
            "rehearsed", "Whether this is the sandbox, which has no VPC, layers, keys or authorizers.", "bool", False
        ),
    ]
    if function.secrets:
        text = "Values on the sandbox for the variables that are secrets in AWS."
        blocks.append(_variable("placeholders", text, "map(string)", {}))
    return blocks


def _variable(name: str, description: str, kind: str, default: Any) -> HclBlock:
    return HclBlock(f'variable "{name}"', {"description": description, "type": Raw(kind), "default": default})


def _interface(function: LiveFunction) -> dict[str, Raw | str]:
    """Return the values that hybridctl reads, by output name."""
    outputs: dict[str, Raw | str] = {
        "lambda_alias_name": ALIAS,
        "lambda_function_name": FUNCTION,
        "lambda_function_version": Raw("aws_lambda_function.this.version"),
        "lambda_log_group": Raw("aws_cloudwatch_log_group.function.name")
        if function.owns_group
        else function.group.name,
    }
    api = function.api
    if api is None:
        return outputs
    if function.owns_api:
        return {
            "api_endpoint": Raw('trimsuffix(aws_apigatewayv2_stage.this.invoke_url, "/")'),
            "api_id": Raw("aws_apigatewayv2_api.this.id"),
            "api_stage": Raw("aws_apigatewayv2_stage.this.name"),
            **outputs,
        }
    stage = str(api.stage["StageName"])
    path = "" if stage == "$default" else f"/{stage}"
    return {"api_endpoint": f"{api.api['ApiEndpoint']}{path}", "api_id": api.id, "api_stage": stage, **outputs}


def _outputs(function: LiveFunction) -> str:
    value = {
        "description": "Outputs that hybridctl reads from each environment.",
        "value": dict(sorted(_interface(function).items())),
    }
    return _file([HclBlock('output "for_hybridctl"', value)])


def _root(function: LiveFunction, *, is_sandbox: bool, is_source: bool) -> str:
    arguments: dict[str, Any] = {"source": "../function"}
    if is_sandbox:
        arguments["rehearsed"] = True
    if is_sandbox and function.secrets and not is_source:
        arguments["placeholders"] = dict.fromkeys(function.secrets, "placeholder")
    names = sorted(_interface(function))
    if is_sandbox and not is_source and function.api and not function.owns_api:
        names = [name for name in names if not name.startswith("api_")]  # the sandbox does not have that API
    outputs = "\n".join(f'output "{name}" {{ value = module.function.for_hybridctl.{name} }}' for name in names)
    module = HclBlock('module "function"', arguments)
    return f"{_TERRAFORM}{_BACKEND}}}\n\n{module}\n\n{outputs}\n"


def _imports(function: LiveFunction, imports: Mapping[str, str]) -> str:
    blocks = [HclBlock("import", {"to": Raw(f"module.function.{to}"), "id": one}) for to, one in imports.items()]
    return f"# Imports what already exists. Delete this file after the first deploy.\n\n{_file(blocks)}"


def _test(function: LiveFunction) -> str:
    return f"""mock_provider "aws" {{}}

variables {{
  package   = "main.tf" # any file: only its hash is read
  rehearsed = true
}}

run "it_is_the_function_that_was_taken_over" {{
  command = plan

  assert {{
    condition     = aws_lambda_function.this.function_name == {literal(function.name)}
    error_message = "Another name would make another function."
  }}

  assert {{
    condition     = aws_lambda_alias.live.name == {literal(function.alias_name)}
    error_message = "Callers use the alias {function.alias_name}."
  }}
}}
"""


def _file(blocks: Sequence[HclBlock]) -> str:
    return "\n\n".join(map(str, blocks)) + "\n"
