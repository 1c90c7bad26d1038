"""aws_apigatewayv2_stage, and what the parts of an HTTP API have in common."""

from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.aws import partition_of
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.validation import not_here
from hybridctl.sandbox.provider.values import UNKNOWN, Values

SERVICE = "apigatewayv2"
MISSING = frozenset({"NotFoundException"})
# GetApi and GetStage of the emulator report the tags of the creation.
TAGGING = TagCalls(SERVICE, "ResourceArn", read="get_tags", listed=False)


def part_of_api(identity: str, what: str) -> Values:
    """What to read of an import id "api-id/part-id"."""
    api, _, part = identity.partition("/")
    if not (api and part) or "/" in part:
        raise Problem(f"wrong format of import ID ({identity}), use: 'api-id/{what}'")
    return {"id": part, "api_id": api}


class Stage(ResourceType):
    type_name = "aws_apigatewayv2_stage"
    noun = "API Gateway v2 Stage"
    aws_names: ClassVar = {"name": "StageName"}
    implements = frozenset(
        {
            "access_log_settings",
            "api_id",
            "auto_deploy",
            "default_route_settings",
            "description",
            "name",
            "stage_variables",
        }
    )
    # Of WebSocket APIs the first and the last; the sandbox counts by API and by stage, whatever the second says.
    refuses = frozenset(
        f"default_route_settings.{name}" for name in ("data_trace_enabled", "detailed_metrics_enabled", "logging_level")
    )
    defaults: ClassVar = {
        "auto_deploy": False,
        "default_route_settings.data_trace_enabled": False,
        "default_route_settings.detailed_metrics_enabled": False,
    }
    force_new = frozenset({"api_id", "name"})
    lengths: ClassVar = {"name": (1, 128), "description": (0, 1024)}
    unreported = frozenset({"api_id", "route_settings"})
    missing = MISSING
    tagging = TAGGING

    def validate(self, config: Values) -> Iterator[Problem]:
        if config["auto_deploy"] not in (True, UNKNOWN):  # the emulator has no deployments: routes serve at once
            yield not_here(self.type_name, "auto_deploy = false", ("auto_deploy",))

    def customize(self, change: ResourceChange) -> None:
        # The real provider lets settings stay that nobody asks for any more.
        if change.prior is not None and not change.planned["default_route_settings"]:
            change.planned["default_route_settings"] = change.prior["default_route_settings"]

    def create(self, call: ResourceCall, planned: Values) -> str:
        asked = self.request(planned)
        if planned["default_route_settings"]:
            asked["DefaultRouteSettings"] = _route_settings(planned)
        return str(call.aws(SERVICE).create_stage(**asked, Tags=planned["tags_all"] or {})["StageName"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        api, name = state["api_id"], state["id"]
        found = call.aws(SERVICE).get_stage(ApiId=api, StageName=name)
        host = f"{api}.execute-api.{call.region}.{partition_of(call.region)[1]}"
        return {
            **self.report(found),
            "arn": f"arn:{call.partition}:apigateway:{call.region}::/apis/{api}/stages/{name}",
            "execution_arn": f"arn:{call.partition}:execute-api:{call.region}:{call.account}:{api}/{name}",
            "invoke_url": f"https://{host}/{'' if name == '$default' else name}",
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        asked = self.changes(planned, changed)
        if "access_log_settings" in changed:
            asked.setdefault("AccessLogSettings", {})
        if "default_route_settings" in changed:
            asked["DefaultRouteSettings"] = _route_settings(planned)
        if "stage_variables" in changed:  # a variable is removed by setting it to nothing
            removed = dict.fromkeys((prior["stage_variables"] or {}).keys(), "")
            asked["StageVariables"] = removed | (planned["stage_variables"] or {})
        if asked:
            call.aws(SERVICE).update_stage(ApiId=prior["api_id"], StageName=prior["id"], **asked)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).delete_stage(ApiId=prior["api_id"], StageName=prior["id"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return part_of_api(identity, "stage-name")


def _route_settings(planned: Values) -> dict[str, Any]:
    """As the real provider sends them: a limit of 0 lets nothing through."""
    if not planned["default_route_settings"]:
        return {}
    block = planned["default_route_settings"][0]
    return {
        "DetailedMetricsEnabled": bool(block["detailed_metrics_enabled"]),
        "ThrottlingBurstLimit": block["throttling_burst_limit"] or 0,
        "ThrottlingRateLimit": block["throttling_rate_limit"] or 0,
    }
