"""API Gateway, HTTP APIs: aws_apigatewayv2_api, _route and _integration; stages are in `apigateway_stage.py`."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from hybridctl.sandbox.provider.apigateway_stage import SERVICE, Stage, change_tags, part_of_api, tags
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.validation import not_here, too_long
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_empty

MISSING = frozenset({"NotFoundException"})
CORS = {
    "allow_credentials": "AllowCredentials",
    "allow_headers": "AllowHeaders",
    "allow_methods": "AllowMethods",
    "allow_origins": "AllowOrigins",
    "expose_headers": "ExposeHeaders",
    "max_age": "MaxAge",
}
CORS_SETS = ("allow_headers", "allow_methods", "allow_origins", "expose_headers")


def _only(resource: ResourceType, config: Values, carried_out: Mapping[str, Any]) -> Iterator[Problem]:
    """Refuses what the real provider takes and the emulator ignores: every value but the one that it behaves by."""
    for name, value in carried_out.items():
        wanted = resource.defaults.get(name) if config[name] is None else config[name]
        if wanted not in (None, UNKNOWN, value):
            default = ", the default," if config[name] is None else ""
            yield not_here(resource.type_name, f'{name} "{wanted}"{default}', (name,))


def same_in_any_case(old: Any, new: Any) -> bool:
    """How the provider SDK compares CORS sets."""
    left, right = ([item.casefold() for item in side or [] if item is not UNKNOWN] for side in (old, new))
    return sorted(left) == sorted(right) and UNKNOWN not in (new or [])


class ApiResource(ResourceType):
    type_name = "aws_apigatewayv2_api"
    noun = "API Gateway v2 API"
    fields: ClassVar = {
        "description": "Description",
        "name": "Name",
        "route_selection_expression": "RouteSelectionExpression",
        "version": "Version",
    }
    implements = frozenset({*fields, "api_key_selection_expression", "cors_configuration", "protocol_type"})
    defaults: ClassVar = {
        "api_key_selection_expression": "$request.header.x-api-key",
        "route_selection_expression": "$request.method $request.path",
    }
    force_new = frozenset({"protocol_type"})
    equal: ClassVar = {f"cors_configuration.{name}": same_in_any_case for name in CORS_SETS}
    missing = MISSING

    def validate(self, config: Values) -> Iterator[Problem]:
        yield from too_long(config, name=(1, 128), description=(0, 1024), version=(1, 64))
        yield from _only(self, config, {"protocol_type": "HTTP", **self.defaults})

    def create(self, call: ResourceCall, planned: Values) -> str:
        cors = planned["cors_configuration"]
        made = call.aws(SERVICE).create_api(
            ProtocolType=planned["protocol_type"],
            ApiKeySelectionExpression=planned["api_key_selection_expression"],
            **drop_empty({field: planned[argument] for argument, field in self.fields.items()}),
            **drop_empty({"CorsConfiguration": _cors(cors[0]) if cors else None, "Tags": planned["tags_all"]}),
        )
        return str(made["ApiId"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        identity = state["id"]
        found = call.aws(SERVICE).get_api(ApiId=identity)
        arn = f"arn:{call.partition}:apigateway:{call.region}::/apis/{identity}"
        cors = found.get("CorsConfiguration")
        return {
            **{argument: found.get(field) for argument, field in self.fields.items()},
            "description": found.get("Description", ""),
            "version": found.get("Version", ""),
            "disable_execute_api_endpoint": found.get("DisableExecuteApiEndpoint", False),
            "protocol_type": found["ProtocolType"],
            "api_key_selection_expression": found.get("ApiKeySelectionExpression")
            or self.defaults["api_key_selection_expression"],
            "api_endpoint": found.get("ApiEndpoint", ""),
            "arn": arn,
            "execution_arn": f"arn:{call.partition}:execute-api:{call.region}:{call.account}:{identity}",
            "ip_address_type": found.get("IpAddressType", ""),
            "cors_configuration": [{argument: cors.get(field) for argument, field in CORS.items()}] if cors else [],
            "tags_all": tags(call, arn),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        cors = planned["cors_configuration"]
        if "cors_configuration" in changed and not cors:
            call.aws(SERVICE).delete_cors_configuration(ApiId=prior["id"])
        asked = {field: planned[argument] or "" for argument, field in self.fields.items() if argument in changed}
        if "cors_configuration" in changed and cors:
            asked["CorsConfiguration"] = _cors(cors[0])
        if asked:
            call.aws(SERVICE).update_api(ApiId=prior["id"], **asked)
        change_tags(call, prior, planned, changed)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).delete_api(ApiId=prior["id"])


def _cors(block: Values) -> dict[str, Any]:
    """The whole configuration: what HCL leaves out must not stay from before."""
    lists = {CORS[name]: block[name] or [] for name in CORS_SETS}
    return {"AllowCredentials": bool(block["allow_credentials"]), "MaxAge": block["max_age"] or 0, **lists}


class Integration(ResourceType):
    type_name = "aws_apigatewayv2_integration"
    noun = "API Gateway v2 Integration"
    names = ("integration_uri",)
    fields: ClassVar = {
        "connection_type": "ConnectionType",
        "description": "Description",
        "integration_method": "IntegrationMethod",
        "integration_type": "IntegrationType",
        "integration_uri": "IntegrationUri",
        "payload_format_version": "PayloadFormatVersion",
        "timeout_milliseconds": "TimeoutInMillis",
    }
    implements = frozenset({*fields, "api_id", "passthrough_behavior"})
    defaults: ClassVar = {"connection_type": "INTERNET", "payload_format_version": "1.0"}
    force_new = frozenset({"api_id", "integration_type"})
    equal: ClassVar = {"integration_method": lambda old, new: old == "POST" and new is None}
    choices: ClassVar = {"payload_format_version": ("1.0", "2.0")}  # other than 2.0 is refused as not implemented
    missing = MISSING

    def validate(self, config: Values) -> Iterator[Problem]:
        carried_out = {
            "connection_type": "INTERNET",
            "integration_method": "POST",
            "integration_type": "AWS_PROXY",
            "passthrough_behavior": "WHEN_NO_MATCH",
            "payload_format_version": "2.0",
            "timeout_milliseconds": 30000,
        }
        yield from _only(self, config, carried_out)

    def customize(self, change: ResourceChange) -> None:
        if not (change.prior or {}).get("passthrough_behavior"):
            change.planned["passthrough_behavior"] = (
                None if change.prior is None else change.prior["passthrough_behavior"]
            )

    def create(self, call: ResourceCall, planned: Values) -> str:
        asked = drop_empty({field: planned[argument] for argument, field in self.fields.items()})
        return str(call.aws(SERVICE).create_integration(ApiId=planned["api_id"], **asked)["IntegrationId"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        found = call.aws(SERVICE).get_integration(ApiId=state["api_id"], IntegrationId=state["id"])
        return {
            **{argument: found.get(field) for argument, field in self.fields.items()},
            "api_id": state["api_id"],
            "passthrough_behavior": found.get("PassthroughBehavior", ""),
            "integration_response_selection_expression": found.get("IntegrationResponseSelectionExpression", ""),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        asked = {field: planned[argument] or "" for argument, field in self.fields.items() if argument in changed}
        asked["IntegrationType"] = planned["integration_type"]
        call.aws(SERVICE).update_integration(ApiId=prior["api_id"], IntegrationId=prior["id"], **asked)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).delete_integration(ApiId=prior["api_id"], IntegrationId=prior["id"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return part_of_api(identity, "integration-id")


class RouteResource(ResourceType):
    type_name = "aws_apigatewayv2_route"
    noun = "API Gateway v2 Route"
    names = ("route_key",)
    implements = frozenset({"api_id", "authorization_type", "operation_name", "route_key", "target"})
    defaults: ClassVar = {"api_key_required": False, "authorization_type": "NONE"}
    force_new = frozenset({"api_id"})
    missing = MISSING
    fields: ClassVar = {
        "authorization_type": "AuthorizationType",
        "operation_name": "OperationName",
        "route_key": "RouteKey",
        "target": "Target",
    }

    def validate(self, config: Values) -> Iterator[Problem]:
        yield from too_long(config, operation_name=(1, 64), target=(1, 128))
        yield from _only(self, config, {"authorization_type": "NONE"})

    def create(self, call: ResourceCall, planned: Values) -> str:
        asked = drop_empty({field: planned[argument] for argument, field in self.fields.items()})
        return str(call.aws(SERVICE).create_route(ApiId=planned["api_id"], **asked)["RouteId"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        found = call.aws(SERVICE).get_route(ApiId=state["api_id"], RouteId=state["id"])
        return {
            **{argument: found.get(field) for argument, field in self.fields.items()},
            "api_id": state["api_id"],
            "api_key_required": found.get("ApiKeyRequired", False),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        asked = {field: planned[argument] or "" for argument, field in self.fields.items() if argument in changed}
        call.aws(SERVICE).update_route(ApiId=prior["api_id"], RouteId=prior["id"], **asked)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).delete_route(ApiId=prior["api_id"], RouteId=prior["id"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return part_of_api(identity, "route-id")


RESOURCES = (ApiResource(), Integration(), RouteResource(), Stage())
