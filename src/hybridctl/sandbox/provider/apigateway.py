"""API Gateway, HTTP APIs: aws_apigatewayv2_api, _route and _integration; stages are in `apigateway_stage.py`."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from hybridctl.sandbox.provider.apigateway_stage import MISSING, SERVICE, TAGGING, Stage, part_of_api
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.validation import not_here
from hybridctl.sandbox.provider.values import UNKNOWN, Values

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
    implements = frozenset(
        {
            "api_key_selection_expression",
            "cors_configuration",
            "description",
            "disable_execute_api_endpoint",
            "name",
            "protocol_type",
            "route_selection_expression",
            "version",
        }
    )
    defaults: ClassVar = {
        "api_key_selection_expression": "$request.header.x-api-key",
        "route_selection_expression": "$request.method $request.path",
    }
    force_new = frozenset({"protocol_type"})
    equal: ClassVar = {f"cors_configuration.{name}": same_in_any_case for name in CORS_SETS}
    lengths: ClassVar = {"name": (1, 128), "description": (0, 1024), "version": (1, 64)}
    unreported = frozenset({"body", "credentials_arn", "fail_on_warnings", "route_key", "target"})
    missing = MISSING
    tagging = TAGGING

    def validate(self, config: Values) -> Iterator[Problem]:
        yield from _only(self, config, {"protocol_type": "HTTP", **self.defaults})

    def create(self, call: ResourceCall, planned: Values) -> str:
        made = call.aws(SERVICE).create_api(**self.request(planned), Tags=planned["tags_all"] or {})
        return str(made["ApiId"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        identity = state["id"]
        found = call.aws(SERVICE).get_api(ApiId=identity)
        return {
            **self.report({"ApiKeySelectionExpression": self.defaults["api_key_selection_expression"], **found}),
            "arn": f"arn:{call.partition}:apigateway:{call.region}::/apis/{identity}",
            "execution_arn": f"arn:{call.partition}:execute-api:{call.region}:{call.account}:{identity}",
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        asked = self.changes(planned, changed - {"cors_configuration"})
        if "cors_configuration" in changed and planned["cors_configuration"]:
            asked["CorsConfiguration"] = _cors(planned["cors_configuration"][0])
        elif "cors_configuration" in changed:
            call.aws(SERVICE).delete_cors_configuration(ApiId=prior["id"])
        if asked:
            call.aws(SERVICE).update_api(ApiId=prior["id"], **asked)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).delete_api(ApiId=prior["id"])


def _cors(block: Values) -> dict[str, Any]:
    """The whole configuration: what HCL leaves out must not stay from before."""
    lists = {"".join(map(str.capitalize, name.split("_"))): block[name] or [] for name in CORS_SETS}
    return {"AllowCredentials": bool(block["allow_credentials"]), "MaxAge": block["max_age"] or 0, **lists}


class Integration(ResourceType):
    type_name = "aws_apigatewayv2_integration"
    noun = "API Gateway v2 Integration"
    names = ("integration_uri",)
    aws_names: ClassVar = {"timeout_milliseconds": "TimeoutInMillis"}
    implements = frozenset(
        {
            "api_id",
            "connection_type",
            "description",
            "integration_method",
            "integration_type",
            "integration_uri",
            "passthrough_behavior",
            "payload_format_version",
            "timeout_milliseconds",
        }
    )
    defaults: ClassVar = {"connection_type": "INTERNET", "payload_format_version": "1.0"}
    force_new = frozenset({"api_id", "integration_type"})
    equal: ClassVar = {"integration_method": lambda old, new: old == "POST" and new is None}
    choices: ClassVar = {"payload_format_version": ("1.0", "2.0")}  # other than 2.0 is refused as not implemented
    unreported = frozenset({"api_id"})
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
        return str(call.aws(SERVICE).create_integration(**self.request(planned))["IntegrationId"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        return self.report(call.aws(SERVICE).get_integration(ApiId=state["api_id"], IntegrationId=state["id"]))

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        asked = self.changes(planned, changed | {"integration_type"})
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
    lengths: ClassVar = {"operation_name": (1, 64), "target": (1, 128)}
    unreported = frozenset({"api_id"})
    missing = MISSING

    def validate(self, config: Values) -> Iterator[Problem]:
        yield from _only(self, config, {"authorization_type": "NONE"})

    def create(self, call: ResourceCall, planned: Values) -> str:
        return str(call.aws(SERVICE).create_route(**self.request(planned))["RouteId"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        return self.report(call.aws(SERVICE).get_route(ApiId=state["api_id"], RouteId=state["id"]))

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        asked = self.changes(planned, changed)
        call.aws(SERVICE).update_route(ApiId=prior["api_id"], RouteId=prior["id"], **asked)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).delete_route(ApiId=prior["api_id"], RouteId=prior["id"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return part_of_api(identity, "route-id")


RESOURCES = (ApiResource(), Integration(), RouteResource(), Stage())
