"""Checks of the HTTP API: its stage, routes and integrations, and whether it may invoke the function."""

from collections.abc import Mapping
from typing import Any

from hybridctl.domain.checks.resources import deploy_command
from hybridctl.domain.counting import count_noun
from hybridctl.domain.diagnosis import Finding, fail, ok, warn
from hybridctl.domain.facts import Facts, require
from hybridctl.domain.http_api import ApiStage, HttpApi, allows_api
from hybridctl.domain.tfstate import Resource


def routes(facts: Facts) -> Finding:
    """Compare the API's stage, routes and integrations with those that Terraform created."""
    api = require(facts.api)
    if api is None:
        if facts.outputs is None or "api_id" not in facts.outputs.values:
            return ok("routes", "there is no API to compare")
        return fail("routes", f"the API {facts.outputs.values['api_id']} no longer exists", deploy_command(facts))
    lost = list(_find_lost(facts, api))
    if not lost:
        return ok("routes", count_noun(len(api.routes), "route"))
    is_caught = any(route.key == "$default" for route in api.routes) and all(one.startswith("route") for one in lost)
    judge = warn if is_caught else fail
    return judge("routes", f"missing or changed: {', '.join(lost)}", deploy_command(facts))


def _find_lost(facts: Facts, api: HttpApi) -> list[str]:
    targets = {route.key: route.target for route in api.routes}
    lost = []
    for one in _find_parts(facts, "aws_apigatewayv2_api", "id"):
        if api.is_disabled and not one.attributes.get("disable_execute_api_endpoint"):
            lost.append("the API's endpoint, which is disabled")
    stages = {stage.name: stage for stage in api.stages}
    for one in _find_parts(facts, "aws_apigatewayv2_stage"):
        name = str(one.attributes.get("name"))
        if name not in stages or not _is_throttled_alike(one.attributes, stages[name]):
            lost.append(f"stage {name}" + (" (its throttle)" if name in stages else ""))
    for one in _find_parts(facts, "aws_apigatewayv2_integration"):
        uri = (api.integrations or {}).get(str(one.attributes.get("id")))
        if uri is None or uri != (one.attributes.get("integration_uri") or uri):
            lost.append(f"integration {one.attributes.get('id')}")
    for one in _find_parts(facts, "aws_apigatewayv2_route"):
        key = str(one.attributes.get("route_key"))
        if targets.get(key) != (one.attributes.get("target") or targets.get(key, "")):
            lost.append(f"route {key}")
    return lost


def _find_parts(facts: Facts, kind: str, key: str = "api_id") -> list[Resource]:
    """Return the resources of this API; a project may have others."""
    identity = facts.outputs.values.get("api_id") if facts.outputs else None
    return [one for one in facts.resources.of(kind) if one.attributes.get(key) in (None, identity)]


def _is_throttled_alike(attributes: Mapping[str, Any], stage: ApiStage) -> bool:
    """Compare a stage's throttle with Terraform's, whose state has 0 for a limit that is not set."""
    settings: Mapping[str, Any] = next(iter(attributes.get("default_route_settings") or ()), {})
    limits = [
        (settings.get("throttling_rate_limit"), stage.rate),
        (settings.get("throttling_burst_limit"), stage.burst),
    ]
    return all((wanted or 0) == (found or 0) for wanted, found in limits)


def permission(facts: Facts) -> Finding:
    """Check that API Gateway may invoke the alias."""
    policy, outputs = require(facts.policy), facts.outputs
    if outputs is None or not {"api_id", "api_stage"} <= set(outputs.values):
        return ok("permission", "no API needs a permission")
    if policy is not None and allows_api(policy, outputs.text("api_id"), outputs.text("api_stage")):
        return ok("permission", "the API may invoke the alias")
    return fail(
        "permission", "API Gateway is not allowed to invoke the alias: every request gets a 500", deploy_command(facts)
    )
