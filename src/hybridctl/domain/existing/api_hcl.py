"""HCL for the HTTP API in front of a function, and for the permissions to invoke the function."""

from collections.abc import Mapping
from typing import Any

from hybridctl.domain.existing.function import Api, LiveFunction
from hybridctl.domain.existing.hcl import HclBlock, Raw, literal
from hybridctl.domain.existing.parts import (
    ALIAS,
    FUNCTION,
    Found,
    block_on_aws,
    identifier,
    own_tags,
    unless_rehearsed,
)
from hybridctl.domain.existing.statements import Statement, qualifier_of

_NEW_PERMISSION = "HybridctlAllowHttpApi"


def render_api(function: LiveFunction) -> Found:
    api = function.api
    if api is None or not function.owns_api:
        return
    raw = api.api
    cors = raw.get("CorsConfiguration")
    yield (
        HclBlock(
            'resource "aws_apigatewayv2_api" "this"',
            {
                "name": raw["Name"],
                "description": raw.get("Description") or None,
                "version": raw.get("Version") or None,
                "protocol_type": "HTTP",
                "disable_execute_api_endpoint": unless_rehearsed(raw.get("DisableExecuteApiEndpoint")),
                "tags": own_tags(raw),
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


def _cors(raw: Mapping[str, Any]) -> HclBlock:
    return HclBlock(
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


def _stage(api: Api) -> tuple[HclBlock, dict[str, str]]:
    raw = api.stage
    blocks = []
    if log := raw.get("AccessLogSettings"):
        blocks.append(
            block_on_aws("access_log_settings", {"destination_arn": log["DestinationArn"], "format": log["Format"]})
        )
    settings = raw.get("DefaultRouteSettings") or {}
    limits = {
        "throttling_burst_limit": settings.get("ThrottlingBurstLimit") or None,
        "throttling_rate_limit": settings.get("ThrottlingRateLimit") or None,
        "detailed_metrics_enabled": unless_rehearsed(settings.get("DetailedMetricsEnabled")),
    }
    if any(value is not None for value in limits.values()):
        blocks.append(HclBlock("default_route_settings", limits))
    arguments = {
        "api_id": Raw("aws_apigatewayv2_api.this.id"),
        "name": raw["StageName"],
        "description": raw.get("Description") or None,
        "auto_deploy": True if raw.get("AutoDeploy") else Raw("var.rehearsed"),
        "stage_variables": raw.get("StageVariables") or None,
        "tags": own_tags(raw),
    }
    block = HclBlock('resource "aws_apigatewayv2_stage" "this"', arguments, tuple(blocks))
    return block, {"aws_apigatewayv2_stage.this": f"{api.id}/{raw['StageName']}"}


def _integration(function: LiveFunction, raw: Mapping[str, Any], label: str) -> HclBlock:
    by_invoke_arn = str(raw["IntegrationUri"]).endswith("/invocations")
    is_moved = qualifier_of(str(raw["IntegrationUri"])) != function.alias_name
    uri = "invoke_arn" if by_invoke_arn or is_moved else "arn"
    timeout = raw.get("TimeoutInMillis", 30_000)
    return HclBlock(
        f'resource "aws_apigatewayv2_integration" "{label}"',
        {
            "api_id": Raw("aws_apigatewayv2_api.this.id"),
            "description": raw.get("Description") or None,
            "integration_type": "AWS_PROXY",
            "integration_method": raw.get("IntegrationMethod") or None,
            "integration_uri": Raw(f"aws_lambda_alias.live.{uri}"),
            "payload_format_version": "2.0",
            "timeout_milliseconds": unless_rehearsed(timeout if timeout != 30_000 else None),
            "depends_on": [Raw("aws_lambda_permission.alias")] if is_moved else None,
        },
    )


def _routes(api: Api, integration: Mapping[str, Any], label: str) -> Found:
    """Yield one resource for all routes of the integration with the same authorization."""
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
        yield HclBlock("locals", {keys: sorted(str(one["RouteKey"]) for one in routes)}), {}
        yield (
            HclBlock(
                f'resource "aws_apigatewayv2_route" "{name}"',
                {
                    "for_each": Raw(f"toset(local.{keys})"),
                    "api_id": Raw("aws_apigatewayv2_api.this.id"),
                    "route_key": Raw("each.value"),
                    "target": Raw(f'"integrations/${{aws_apigatewayv2_integration.{label}.id}}"'),
                    "operation_name": operation,
                    "authorization_type": None if is_open else Raw(f'var.rehearsed ? "NONE" : {literal(kind)}'),
                    "authorizer_id": unless_rehearsed(authorizer),
                    "authorization_scopes": unless_rehearsed(list(scopes)),
                },
            ),
            {
                f"aws_apigatewayv2_route.{name}[{literal(str(one['RouteKey']))}]": f"{api.id}/{one['RouteId']}"
                for one in routes
            },
        )


def render_permissions(function: LiveFunction) -> Found:
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
            HclBlock(
                'resource "aws_lambda_permission" "alias"',
                {
                    "statement_id": _NEW_PERMISSION,
                    "action": "lambda:InvokeFunction",
                    "function_name": FUNCTION,
                    "qualifier": ALIAS,
                    "principal": "apigateway.amazonaws.com",
                    "source_arn": source,
                },
            ),
            {},
        )


def _permission(function: LiveFunction, one: Statement, label: str) -> HclBlock:
    source: Any = one.source_arn or None
    api = function.api
    if api and function.owns_api:
        prefix = f"arn:{function.partition}:execute-api:{function.region}:{function.account}:{api.id}"
        if one.source_arn.startswith(f"{prefix}/"):
            rest = literal(one.source_arn.removeprefix(prefix))[1:-1]
            source = Raw(f'"${{aws_apigatewayv2_api.this.execution_arn}}{rest}"')
    return HclBlock(
        f'resource "aws_lambda_permission" "{label}"',
        {
            "statement_id": one.sid,
            "action": one.action,
            "function_name": FUNCTION,
            "qualifier": ALIAS if one.qualifier else None,
            "principal": one.principal,
            "source_arn": source,
            "source_account": one.source_account or None,
        },
    )


def find_moved_integrations(function: LiveFunction) -> list[str]:
    """Return the ids of the API's integrations that call the function instead of the alias until the first deploy."""
    if function.api is None or not function.owns_api:
        return []
    return [
        str(one["IntegrationId"])
        for one in function.api.integrations
        if qualifier_of(str(one["IntegrationUri"])) != (function.alias.name if function.alias else None)
    ]
