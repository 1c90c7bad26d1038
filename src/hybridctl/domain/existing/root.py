"""The HCL of a function that was taken over: one module, a root for each environment, and import blocks."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hybridctl.domain.existing.function import Api, LiveFunction, Statement, qualifier_of
from hybridctl.domain.existing.hcl import Block, Raw, expression, literal

MODULE = "infra/function"
_RETENTION_DAYS = 30  # of a log group that is not there yet
_FUNCTION = Raw("aws_lambda_function.this.function_name")
_ALIAS = Raw("aws_lambda_alias.live.name")
_NEW_PERMISSION = "HybridctlAllowHttpApi"
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
    """Every HCL file by its path; the import blocks are those of `environment`, where the function is."""
    main, imports = _module(function, is_on_sandbox=environment == "local")
    files = {
        f"{MODULE}/main.tf": _file(main),
        f"{MODULE}/variables.tf": _file(_variables(function)),
        f"{MODULE}/outputs.tf": _outputs(function),
        f"{MODULE}/tests/function.tftest.hcl": _test(function),
        **{f"{MODULE}/policies/{name}.json": text for name, text in _policies(function).items()},
    }
    for name in dict.fromkeys(("local", environment)):
        files[f"infra/{name}/main.tf"] = _root(function, is_sandbox=name == "local", is_source=name == environment)
    files[f"infra/{environment}/imports.tf"] = _imports(function, imports)
    return files


def _module(function: LiveFunction, *, is_on_sandbox: bool) -> tuple[list[Block], dict[str, str]]:
    """The resources, and the ids of those that exist by their address in the module."""
    blocks = [_lambda(function, only_on_aws(function) if is_on_sandbox else ()), _alias(function)]
    if function.secrets:
        plain = {name: value for name, value in sorted(function.variables.items()) if name not in function.secrets}
        blocks.insert(0, Block("locals", {"variables": plain}))
    imports = {"aws_lambda_function.this": function.name}
    if function.alias:
        imports["aws_lambda_alias.live"] = f"{function.name}/{function.alias.name}"
    if function.provisioned:
        blocks.append(
            Block(
                'resource "aws_lambda_provisioned_concurrency_config" "live"',
                {
                    "function_name": _FUNCTION,
                    "qualifier": _ALIAS,
                    "provisioned_concurrent_executions": function.provisioned,
                },
            )
        )
        imports["aws_lambda_provisioned_concurrency_config.live"] = f"{function.name},{function.alias_name}"
    for more in (_group, _role, _attachments, _api, _permissions):
        for block, identity in more(function):
            blocks.append(block)
            imports |= identity
    return blocks, imports


Found = Iterator[tuple[Block, dict[str, str]]]


def _lambda(function: LiveFunction, kept: Sequence[str]) -> Block:
    raw = function.configuration
    arguments = {
        "function_name": function.name,
        "description": raw.get("Description") or None,
        "role": Raw("aws_iam_role.function.arn") if function.owns_role else function.role.arn,
        "filename": Raw("var.package"),
        "source_code_hash": Raw("filebase64sha256(var.package)"),
        "handler": function.handler,
        "runtime": function.runtime,
        "architectures": [function.architecture],
        "memory_size": raw.get("MemorySize", 128),
        "timeout": raw.get("Timeout", 3),
        "reserved_concurrent_executions": function.reserved,
        "kms_key_arn": _only_on_aws(raw.get("KMSKeyArn")),
        "code_signing_config_arn": _only_on_aws(raw.get("CodeSigningConfigArn")),
        "layers": _only_on_aws([one["Arn"] for one in raw.get("Layers", ())]),
        "publish": True,
        "tags": function.tags or None,
    }
    return Block(
        'resource "aws_lambda_function" "this"',
        arguments,
        (*_blocks_of(function), *_lifecycle(function, kept)),
        comment="Each change is a version, to release and to roll back to: hybridctl moves the alias.",
    )


def _blocks_of(function: LiveFunction) -> Iterator[Block]:
    raw, secrets = function.configuration, function.secrets
    if function.variables:
        plain = {name: value for name, value in sorted(function.variables.items()) if name not in secrets}
        if not secrets:
            yield Block("environment", {"variables": plain})
        else:
            yield Block("environment", {"variables": Raw("merge(var.placeholders, local.variables)")})
    if (size := raw.get("EphemeralStorage", {}).get("Size", 512)) != 512:
        yield Block("ephemeral_storage", {"size": size})
    if (mode := raw.get("TracingConfig", {}).get("Mode", "PassThrough")) != "PassThrough":
        yield Block("tracing_config", {"mode": mode})
    logging = raw.get("LoggingConfig", {})
    if logging.get("LogFormat", "Text") != "Text" or not function.owns_group:
        yield Block(
            "logging_config",
            {
                "log_format": logging.get("LogFormat", "Text"),
                "log_group": None if function.owns_group else function.group.name,
                "application_log_level": logging.get("ApplicationLogLevel"),
                "system_log_level": logging.get("SystemLogLevel"),
            },
        )
    if target := raw.get("DeadLetterConfig", {}).get("TargetArn"):
        yield _dynamic("dead_letter_config", {"target_arn": target})
    for one in raw.get("FileSystemConfigs", ()):
        yield _dynamic("file_system_config", {"arn": one["Arn"], "local_mount_path": one["LocalMountPath"]})
    if (apply_on := raw.get("SnapStart", {}).get("ApplyOn", "None")) != "None":
        yield _dynamic("snap_start", {"apply_on": apply_on})
    if (vpc := raw.get("VpcConfig", {})).get("SubnetIds"):
        yield _dynamic(
            "vpc_config",
            {
                "subnet_ids": sorted(vpc["SubnetIds"]),
                "security_group_ids": sorted(vpc["SecurityGroupIds"]),
                "ipv6_allowed_for_dual_stack": vpc.get("Ipv6AllowedForDualStack") or None,
            },
        )


def _lifecycle(function: LiveFunction, kept: Sequence[str]) -> Iterator[Block]:
    """What Terraform leaves as it is: the values of secrets, and what the sandbox that the function is on lacks."""
    secrets = [Raw(f"environment[0].variables[{literal(name)}]") for name in function.secrets]
    reasons = ["secrets: their values stay in AWS alone"] if secrets else []
    reasons += ["the sandbox does not carry these out"] if kept else []
    if reasons:
        ignored = [*secrets, *map(Raw, kept)]
        yield Block("lifecycle", {"ignore_changes": ignored}, comment="; ".join(reasons))


def only_on_aws(function: LiveFunction) -> list[str]:
    """Arguments that the function has and the sandbox does not carry out."""
    raw = function.configuration
    found = {
        "code_signing_config_arn": raw.get("CodeSigningConfigArn"),
        "dead_letter_config": raw.get("DeadLetterConfig", {}).get("TargetArn"),
        "file_system_config": raw.get("FileSystemConfigs"),
        "kms_key_arn": raw.get("KMSKeyArn"),
        "layers": raw.get("Layers"),
        "snap_start": raw.get("SnapStart", {}).get("ApplyOn", "None") != "None",
        "vpc_config": raw.get("VpcConfig", {}).get("SubnetIds"),
    }
    return [name for name, value in found.items() if value]


def _only_on_aws(value: Any) -> Raw | None:
    """An argument that the sandbox does not carry out."""
    return Raw(f"var.rehearsed ? null : {expression(value)}") if value else None


def _dynamic(name: str, arguments: Mapping[str, Any]) -> Block:
    """A block that the sandbox does not carry out."""
    return Block(f'dynamic "{name}"', {"for_each": Raw("var.rehearsed ? [] : [1]")}, (Block("content", arguments),))


def _alias(function: LiveFunction) -> Block:
    return Block(
        'resource "aws_lambda_alias" "live"',
        {
            "name": function.alias_name,
            "description": (function.alias.description or None) if function.alias else None,
            "function_name": _FUNCTION,
            "function_version": Raw("aws_lambda_function.this.version"),
        },
        (
            Block(
                "lifecycle",
                {"ignore_changes": [Raw("function_version"), Raw("routing_config")]},
                comment="so that no apply undoes a rollback",
            ),
        ),
    )


def _group(function: LiveFunction) -> Found:
    group = function.group
    if not function.owns_group:
        return
    arguments = {
        "name": group.name,
        "retention_in_days": (group.retention or None) if group.exists else _RETENTION_DAYS,
        "kms_key_id": _only_on_aws(group.kms_key),
        "tags": group.tags or None,
    }
    identity = {"aws_cloudwatch_log_group.function": group.name} if group.exists else {}
    yield Block('resource "aws_cloudwatch_log_group" "function"', arguments), identity


def _role(function: LiveFunction) -> Found:
    role = function.role
    if not function.owns_role:
        return
    arguments = {
        "name": role.name,
        "path": role.path if role.path != "/" else None,
        "description": role.description or None,
        "max_session_duration": role.max_session if role.max_session != 3600 else None,
        "permissions_boundary": role.boundary or None,
        "assume_role_policy": Raw('file("${path.module}/policies/trust.json")'),
        "tags": role.tags or None,
    }
    yield Block('resource "aws_iam_role" "function"', arguments), {"aws_iam_role.function": role.name}
    for one in role.inline:
        label = identifier(one.name)
        policy = Raw(f'file("${{path.module}}/policies/{label}.json")')
        yield (
            Block(
                f'resource "aws_iam_role_policy" "{label}"',
                {"name": one.name, "role": Raw("aws_iam_role.function.id"), "policy": policy},
            ),
            {f"aws_iam_role_policy.{label}": f"{role.name}:{one.name}"},
        )


def _attachments(function: LiveFunction) -> Found:
    if not function.owns_role:
        return
    for arn in function.role.attached:
        label = identifier(arn.rpartition("/")[2])
        yield (
            Block(
                f'resource "aws_iam_role_policy_attachment" "{label}"',
                {"role": Raw("aws_iam_role.function.name"), "policy_arn": arn},
            ),
            {f"aws_iam_role_policy_attachment.{label}": f"{function.role.name}/{arn}"},
        )


def _policies(function: LiveFunction) -> dict[str, str]:
    if not function.owns_role:
        return {}
    role = function.role
    texts = {"trust": role.trust} | {identifier(one.name): one.document for one in role.inline}
    return {name: json.dumps(json.loads(text), indent=2) + "\n" for name, text in texts.items()}


def _api(function: LiveFunction) -> Found:
    api = function.api
    if api is None or not function.owns_api:
        return
    raw = api.api
    cors = raw.get("CorsConfiguration")
    yield (
        Block(
            'resource "aws_apigatewayv2_api" "this"',
            {
                "name": raw["Name"],
                "description": raw.get("Description") or None,
                "version": raw.get("Version") or None,
                "protocol_type": "HTTP",
                "disable_execute_api_endpoint": _only_on_aws(raw.get("DisableExecuteApiEndpoint")),
                "tags": _own_tags(raw),
            },
            (_cors(cors),) if cors else (),
        ),
        {"aws_apigatewayv2_api.this": api.id},
    )
    yield _stage(api)
    for number, one in enumerate(api.integrations):
        label = "this" if not number else f"this_{number + 1}"
        yield (
            _integration(function, one, label),
            {f"aws_apigatewayv2_integration.{label}": f"{api.id}/{one['IntegrationId']}"},
        )
        yield from _routes(api, one, label)


def _cors(raw: Mapping[str, Any]) -> Block:
    return Block(
        "cors_configuration",
        {
            "allow_credentials": raw.get("AllowCredentials") or None,
            "allow_headers": raw.get("AllowHeaders") or None,
            "allow_methods": raw.get("AllowMethods") or None,
            "allow_origins": raw.get("AllowOrigins") or None,
            "expose_headers": raw.get("ExposeHeaders") or None,
            "max_age": raw.get("MaxAge") or None,
        },
    )


def _stage(api: Api) -> tuple[Block, dict[str, str]]:
    raw = api.stage
    blocks = []
    if log := raw.get("AccessLogSettings"):
        blocks.append(
            _dynamic("access_log_settings", {"destination_arn": log["DestinationArn"], "format": log["Format"]})
        )
    settings = raw.get("DefaultRouteSettings") or {}
    limits = {
        "throttling_burst_limit": settings.get("ThrottlingBurstLimit") or None,
        "throttling_rate_limit": settings.get("ThrottlingRateLimit") or None,
        "detailed_metrics_enabled": _only_on_aws(settings.get("DetailedMetricsEnabled")),
    }
    if any(value is not None for value in limits.values()):
        blocks.append(Block("default_route_settings", limits))
    arguments = {
        "api_id": Raw("aws_apigatewayv2_api.this.id"),
        "name": raw["StageName"],
        "description": raw.get("Description") or None,
        "auto_deploy": True if raw.get("AutoDeploy") else Raw("var.rehearsed"),
        "stage_variables": raw.get("StageVariables") or None,
        "tags": _own_tags(raw),
    }
    block = Block('resource "aws_apigatewayv2_stage" "this"', arguments, tuple(blocks))
    return block, {"aws_apigatewayv2_stage.this": f"{api.id}/{raw['StageName']}"}


def _integration(function: LiveFunction, raw: Mapping[str, Any], label: str) -> Block:
    by_invoke_arn = str(raw["IntegrationUri"]).endswith("/invocations")
    is_moved = qualifier_of(str(raw["IntegrationUri"])) != function.alias_name
    uri = "invoke_arn" if by_invoke_arn or is_moved else "arn"
    timeout = raw.get("TimeoutInMillis", 30_000)
    return Block(
        f'resource "aws_apigatewayv2_integration" "{label}"',
        {
            "api_id": Raw("aws_apigatewayv2_api.this.id"),
            "description": raw.get("Description") or None,
            "integration_type": "AWS_PROXY",
            "integration_method": raw.get("IntegrationMethod") or None,
            "integration_uri": Raw(f"aws_lambda_alias.live.{uri}"),
            "payload_format_version": "2.0",
            "timeout_milliseconds": _only_on_aws(timeout if timeout != 30_000 else None),
            "depends_on": [Raw("aws_lambda_permission.alias")] if is_moved else None,
        },
    )


def _routes(api: Api, integration: Mapping[str, Any], label: str) -> Found:
    """One resource for all routes of the integration that are protected alike."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in api.routes:
        if one.get("Target") == f"integrations/{integration['IntegrationId']}":
            scopes = tuple(one.get("AuthorizationScopes") or ())
            operation = one.get("OperationName") or None
            key = (one.get("AuthorizationType", "NONE"), one.get("AuthorizerId") or None, scopes, operation)
            groups.setdefault(key, []).append(one)
    for number, ((kind, authorizer, scopes, operation), routes) in enumerate(groups.items()):
        name = label if not number else f"{label}_as_{identifier(str(authorizer or operation or kind))}"
        is_open = kind == "NONE"
        keys = "routes" if name == "this" else f"{name}_routes"
        yield Block("locals", {keys: sorted(str(one["RouteKey"]) for one in routes)}), {}
        yield (
            Block(
                f'resource "aws_apigatewayv2_route" "{name}"',
                {
                    "for_each": Raw(f"toset(local.{keys})"),
                    "api_id": Raw("aws_apigatewayv2_api.this.id"),
                    "route_key": Raw("each.value"),
                    "target": Raw(f'"integrations/${{aws_apigatewayv2_integration.{label}.id}}"'),
                    "operation_name": operation,
                    "authorization_type": None if is_open else Raw(f'var.rehearsed ? "NONE" : {literal(kind)}'),
                    "authorizer_id": _only_on_aws(authorizer),
                    "authorization_scopes": _only_on_aws(list(scopes)),
                },
            ),
            {
                f"aws_apigatewayv2_route.{name}[{literal(str(one['RouteKey']))}]": f"{api.id}/{one['RouteId']}"
                for one in routes
            },
        )


def _permissions(function: LiveFunction) -> Found:
    taken = set()
    for one in function.statements:
        label = identifier(one.sid)
        while label in taken or label == "alias":
            label += "_of_alias" if one.qualifier else "_more"
        taken.add(label)
        which = f"{function.name}:{one.qualifier}" if one.qualifier else function.name
        yield _permission(function, one, label), {f"aws_lambda_permission.{label}": f"{which}/{one.sid}"}
    if function.owns_api and find_moved_integrations(function):
        source = Raw('"${aws_apigatewayv2_api.this.execution_arn}/*"')
        yield (
            Block(
                'resource "aws_lambda_permission" "alias"',
                {
                    "statement_id": _NEW_PERMISSION,
                    "action": "lambda:InvokeFunction",
                    "function_name": _FUNCTION,
                    "qualifier": _ALIAS,
                    "principal": "apigateway.amazonaws.com",
                    "source_arn": source,
                },
            ),
            {},
        )


def _permission(function: LiveFunction, one: Statement, label: str) -> Block:
    source: Any = one.source_arn or None
    api = function.api
    if api and function.owns_api:
        prefix = f"arn:{function.partition}:execute-api:{function.region}:{function.account}:{api.id}"
        if one.source_arn.startswith(f"{prefix}/"):
            rest = literal(one.source_arn.removeprefix(prefix))[1:-1]
            source = Raw(f'"${{aws_apigatewayv2_api.this.execution_arn}}{rest}"')
    return Block(
        f'resource "aws_lambda_permission" "{label}"',
        {
            "statement_id": one.sid,
            "action": one.action,
            "function_name": _FUNCTION,
            "qualifier": _ALIAS if one.qualifier else None,
            "principal": one.principal,
            "source_arn": source,
            "source_account": one.source_account or None,
        },
    )


def find_moved_integrations(function: LiveFunction) -> list[str]:
    """Ids of integrations of its own API that call the function, and not the alias, until the first deploy."""
    if function.api is None or not function.owns_api:
        return []
    return [
        str(one["IntegrationId"])
        for one in function.api.integrations
        if qualifier_of(str(one["IntegrationUri"])) != (function.alias.name if function.alias else None)
    ]


def _variables(function: LiveFunction) -> list[Block]:
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


def _variable(name: str, description: str, kind: str, default: Any) -> Block:
    return Block(f'variable "{name}"', {"description": description, "type": Raw(kind), "default": default})


def _interface(function: LiveFunction) -> dict[str, Raw | str]:
    """What hybridctl reads, by the name of the output."""
    found: dict[str, Raw | str] = {
        "lambda_alias_name": _ALIAS,
        "lambda_function_name": _FUNCTION,
        "lambda_function_version": Raw("aws_lambda_function.this.version"),
        "lambda_log_group": Raw("aws_cloudwatch_log_group.function.name")
        if function.owns_group
        else function.group.name,
    }
    api = function.api
    if api is None:
        return found
    if function.owns_api:
        return {
            "api_endpoint": Raw('trimsuffix(aws_apigatewayv2_stage.this.invoke_url, "/")'),
            "api_id": Raw("aws_apigatewayv2_api.this.id"),
            "api_stage": Raw("aws_apigatewayv2_stage.this.name"),
            **found,
        }
    stage = str(api.stage["StageName"])
    path = "" if stage == "$default" else f"/{stage}"
    return {"api_endpoint": f"{api.api['ApiEndpoint']}{path}", "api_id": api.id, "api_stage": stage, **found}


def _outputs(function: LiveFunction) -> str:
    value = {
        "description": "What hybridctl reads from each environment, by the name of the output.",
        "value": dict(sorted(_interface(function).items())),
    }
    return _file([Block('output "for_hybridctl"', value)])


def _root(function: LiveFunction, *, is_sandbox: bool, is_source: bool) -> str:
    arguments: dict[str, Any] = {"source": "../function"}
    if is_sandbox:
        arguments["rehearsed"] = True
    if is_sandbox and function.secrets and not is_source:
        arguments["placeholders"] = dict.fromkeys(function.secrets, "placeholder")
    names = sorted(_interface(function))
    if is_sandbox and not is_source and function.api and not function.owns_api:
        names = [name for name in names if not name.startswith("api_")]  # that API is not on the sandbox
    outputs = "\n".join(f'output "{name}" {{ value = module.function.for_hybridctl.{name} }}' for name in names)
    module = Block('module "function"', arguments)
    return f"{_TERRAFORM}{_BACKEND}}}\n\n{module}\n\n{outputs}\n"


def _imports(function: LiveFunction, imports: Mapping[str, str]) -> str:
    blocks = [Block("import", {"to": Raw(f"module.function.{to}"), "id": one}) for to, one in imports.items()]
    return f"# What exists already. After the first deploy this file has done its work: remove it.\n\n{_file(blocks)}"


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


def _own_tags(raw: Mapping[str, Any]) -> dict[str, str] | None:
    return {name: value for name, value in (raw.get("Tags") or {}).items() if not name.startswith("aws:")} or None


def _file(blocks: Sequence[Block]) -> str:
    return "\n\n".join(map(str, blocks)) + "\n"


def identifier(name: str) -> str:
    """A name of HCL that is close to any other name."""
    found = re.sub(r"[^a-z0-9_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
    return found if found and not found[0].isdigit() else f"n_{found}".rstrip("_")
