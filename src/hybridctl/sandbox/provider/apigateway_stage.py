"""aws_apigatewayv2_stage, and what the parts of an HTTP API have in common."""

from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.aws import partition_of
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.tags import tag_changes
from hybridctl.sandbox.provider.validation import not_here, too_long
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_empty

SERVICE = "apigatewayv2"


def part_of_api(identity: str, what: str) -> Values:
    """What to read of an import id "api-id/part-id"."""
    api, _, part = identity.partition("/")
    if not (api and part) or "/" in part:
        raise Problem(f"wrong format of import ID ({identity}), use: 'api-id/{what}'")
    return {"id": part, "api_id": api}


def tags(call: ResourceCall, arn: str) -> dict[str, str]:
    """The tags as they are: GetApi and GetStage of the emulator tell those of the creation."""
    found: dict[str, str] = call.aws(SERVICE).get_tags(ResourceArn=arn)["Tags"]
    return found


def change_tags(call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
    if "tags_all" in changed:
        gone, wanted = tag_changes(prior, planned)
        if gone:
            call.aws(SERVICE).untag_resource(ResourceArn=prior["arn"], TagKeys=gone)
        if wanted:
            call.aws(SERVICE).tag_resource(ResourceArn=prior["arn"], Tags=wanted)


class Stage(ResourceType):
    type_name = "aws_apigatewayv2_stage"
    noun = "API Gateway v2 Stage"
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
    missing = frozenset({"NotFoundException"})

    def validate(self, config: Values) -> Iterator[Problem]:
        yield from too_long(config, name=(1, 128), description=(0, 1024))
        if config["auto_deploy"] not in (True, UNKNOWN):  # the emulator has no deployments: routes serve at once
            yield not_here(self.type_name, "auto_deploy = false", ("auto_deploy",))

    def customize(self, change: ResourceChange) -> None:
        # The real provider lets settings stay that nobody asks for any more.
        if change.prior is not None and not change.planned["default_route_settings"]:
            change.planned["default_route_settings"] = change.prior["default_route_settings"]

    def create(self, call: ResourceCall, planned: Values) -> str:
        optional = {
            "AccessLogSettings": _access_log(planned) if planned["access_log_settings"] else None,
            "DefaultRouteSettings": _route_settings(planned) if planned["default_route_settings"] else None,
            "Description": planned["description"],
            "StageVariables": planned["stage_variables"],
            "Tags": planned["tags_all"],
        }
        made = call.aws(SERVICE).create_stage(
            ApiId=planned["api_id"],
            StageName=planned["name"],
            AutoDeploy=planned["auto_deploy"],
            **drop_empty(optional),
        )
        return str(made["StageName"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        api, name = state["api_id"], state["id"]
        found = call.aws(SERVICE).get_stage(ApiId=api, StageName=name)
        log, settings = found.get("AccessLogSettings"), found.get("DefaultRouteSettings")
        arn = f"arn:{call.partition}:apigateway:{call.region}::/apis/{api}/stages/{name}"
        host = f"{api}.execute-api.{call.region}.{partition_of(call.region)[1]}"
        return {
            "api_id": api,
            "name": name,
            "arn": arn,
            "execution_arn": f"arn:{call.partition}:execute-api:{call.region}:{call.account}:{api}/{name}",
            "invoke_url": f"https://{host}/{'' if name == '$default' else name}",
            "auto_deploy": found.get("AutoDeploy", False),
            "deployment_id": found.get("DeploymentId", ""),
            "description": found.get("Description", ""),
            "client_certificate_id": found.get("ClientCertificateId", ""),
            "stage_variables": found.get("StageVariables", {}),
            "access_log_settings": [{"destination_arn": log.get("DestinationArn", ""), "format": log.get("Format", "")}]
            if log
            else [],
            "default_route_settings": [] if settings is None else [_flatten(settings)],
            "tags_all": tags(call, arn),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        asked: dict[str, Any] = {}
        if "access_log_settings" in changed:
            asked["AccessLogSettings"] = _access_log(planned)
        if "auto_deploy" in changed:
            asked["AutoDeploy"] = planned["auto_deploy"]
        if "default_route_settings" in changed:
            asked["DefaultRouteSettings"] = _route_settings(planned)
        if "description" in changed:
            asked["Description"] = planned["description"] or ""
        if "stage_variables" in changed:
            wanted = planned["stage_variables"] or {}
            # A variable is removed by setting it to nothing.
            asked["StageVariables"] = {**dict.fromkeys((prior["stage_variables"] or {}).keys(), ""), **wanted}
        if asked:
            call.aws(SERVICE).update_stage(ApiId=prior["api_id"], StageName=prior["id"], **asked)
        change_tags(call, prior, planned, changed)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).delete_stage(ApiId=prior["api_id"], StageName=prior["id"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return part_of_api(identity, "stage-name")


def _access_log(planned: Values) -> dict[str, str]:
    if not planned["access_log_settings"]:
        return {}
    block = planned["access_log_settings"][0]
    return {"DestinationArn": block["destination_arn"], "Format": block["format"]}


def _route_settings(planned: Values) -> dict[str, Any]:
    if not planned["default_route_settings"]:
        return {}
    block = planned["default_route_settings"][0]
    return {
        "DetailedMetricsEnabled": bool(block["detailed_metrics_enabled"]),
        "ThrottlingBurstLimit": block["throttling_burst_limit"]
        or 0,  # as the real one sends it: 0 lets nothing through
        "ThrottlingRateLimit": block["throttling_rate_limit"] or 0,
    }


def _flatten(settings: dict[str, Any]) -> Values:
    return {
        "data_trace_enabled": settings.get("DataTraceEnabled", False),
        "detailed_metrics_enabled": settings.get("DetailedMetricsEnabled", False),
        "logging_level": settings.get("LoggingLevel", ""),
        "throttling_burst_limit": settings.get("ThrottlingBurstLimit", 0),
        "throttling_rate_limit": settings.get("ThrottlingRateLimit", 0),
    }
