"""Objects that a plan wants to create but that exist already: who owns each one, and how to adopt or remove it.

An interrupted Terraform run leaves objects that its state does not contain. They have the names from the plan and the
tags of the environment. The next plan adopts them through import blocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hybridctl.domain.plan_json import walk_prior

_TELLING = ("project", "environment")  # the tags that identify the owner, if a plan sets them

# The attributes that identify an object of each type within an account and region.
KEYS: Mapping[str, tuple[str, ...]] = {
    "aws_apigatewayv2_api": ("name",),
    "aws_apigatewayv2_integration": ("api_id", "integration_type"),
    "aws_apigatewayv2_route": ("api_id", "route_key"),
    "aws_apigatewayv2_stage": ("api_id", "name"),
    "aws_appautoscaling_policy": ("service_namespace", "resource_id", "scalable_dimension", "name"),
    "aws_appautoscaling_target": ("service_namespace", "resource_id", "scalable_dimension"),
    "aws_cloudwatch_composite_alarm": ("alarm_name",),
    "aws_cloudwatch_dashboard": ("dashboard_name",),
    "aws_cloudwatch_event_rule": ("name",),
    "aws_cloudwatch_event_target": ("rule", "arn"),
    "aws_cloudwatch_log_group": ("name",),
    "aws_cloudwatch_metric_alarm": ("alarm_name",),
    "aws_dynamodb_table": ("name",),
    "aws_iam_role": ("name",),
    "aws_iam_role_policy": ("role", "name"),
    "aws_lambda_alias": ("function_name", "name"),
    "aws_lambda_event_source_mapping": ("event_source_arn", "function_name"),
    "aws_lambda_function": ("function_name",),
    "aws_lambda_permission": ("function_name", "qualifier", "statement_id"),
    "aws_lambda_provisioned_concurrency_config": ("function_name", "qualifier"),
    "aws_sns_topic": ("name",),
    "aws_sns_topic_subscription": ("topic_arn", "protocol", "endpoint"),
    "aws_sqs_queue": ("name",),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A resource that a plan would create: its known values, including its tags."""

    address: str
    type: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> Mapping[str, str]:
        return self.values.get("tags_all") or self.values.get("tags") or {}

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "")


@dataclass(frozen=True, slots=True)
class Existing:
    """An existing object that a plan wants to create. `id` is its import id.

    `tags` is None if the type has no tags; such an object is part of another object and has the same owner. `remove` is
    the command that deletes the object, "" for a part that is deleted with its parent.
    """

    wanted: Wanted
    id: str
    tags: Mapping[str, str] | None
    remove: str

    @property
    def is_ours(self) -> bool:
        """Whether the object's tags identify it as part of this environment."""
        if self.tags is None:
            return True
        if self.wanted.type == "aws_cloudwatch_log_group" and not self.tags and self.id.startswith("/aws/lambda/"):
            return True  # Lambda creates it without tags if the function logs after its group was deleted
        telling = {name: value for name, value in self.wanted.tags.items() if name.lower() in _TELLING}
        expected = telling or self.wanted.tags
        return bool(expected) and all(self.tags.get(name) == value for name, value in expected.items())

    @property
    def whose(self) -> str:
        """Who owns the object, as text for a message about another environment's object."""
        if not self.tags:
            return "it has no tags"
        return "its tags are " + ", ".join(f"{name}={value}" for name, value in sorted(self.tags.items())[:4])


def find_wanted(plan: Mapping[str, Any]) -> list[Wanted]:
    """Return the resources that a plan's JSON would create, if their type can be looked up and no other address manages
    them.
    """
    existing = [
        Wanted(raw["address"], raw["type"], raw["change"].get("after") or {})
        for raw in plan.get("resource_changes", ())
        if raw.get("mode", "managed") == "managed"
        and raw["change"]["actions"] == ["create"]
        and not raw["change"].get("importing")
        and raw["type"] in KEYS
    ]
    managed = {_key(kind, values) for _, kind, values in walk_prior(plan) if kind in KEYS} if existing else set()
    return [one for one in existing if _is_known(one) and _key(one.type, one.values) not in managed]


def find_managed_ids(plan: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return the type and id of every resource in the state that the plan started from."""
    return frozenset((kind, str(values.get("id"))) for _, kind, values in walk_prior(plan))


def _is_known(one: Wanted) -> bool:
    return all(one.values.get(name) is not None for name in KEYS[one.type] if name != "qualifier")


def _key(kind: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    return (kind, *(str(values.get(name)) for name in KEYS[kind]))
