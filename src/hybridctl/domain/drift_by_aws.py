"""Attributes that AWS or a release changes. `drift` ignores them, so that it shows only manual changes.

docs/verdicts.md lists every row with its source; a test compares the two.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from hybridctl.domain.plan_json import walk_prior

_PROVIDER = "https://github.com/hashicorp/terraform-provider-aws"
_SOURCE = f"{_PROVIDER}/blob/v5.100.0/internal/service"
_REFERENCE = "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources"
_BOUNDS = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class ExpectedChange:
    """A changed attribute, by its path. Both values are JSON."""

    type: str
    attribute: str
    known: str
    found: str


@dataclass(frozen=True, slots=True)
class ByAws:
    """A resource type, an attribute's path (`*` matches any part), the reason for the change, and the source.

    `when` limits the row: "one-empty" requires that only one side has a value, "scaled" that autoscaling controls the
    number and it is within its bounds, "auto-deploy" that the stage deploys automatically.
    """

    type: str
    attribute: str
    why: str
    source: str
    when: str = ""


_TABLE, _SUBSCRIPTION = "aws_dynamodb_table", "aws_sns_topic_subscription"
_SCALING = f"{_REFERENCE}/dynamodb_table"
_FUNCTION = f"{_REFERENCE}/lambda_function#attribute-reference"
_SUBSCRIBING = "https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html"

BY_AWS = (
    ByAws("aws_lambda_alias", "function_version", "a release moves it", "terraform/modules/function/main.tf"),
    ByAws(
        "aws_lambda_alias", "routing_config*", "a canary moves it, and Lambda while it warms", f"{_PROVIDER}/pull/48116"
    ),
    ByAws("aws_lambda_function", "last_modified", "Lambda writes it", _FUNCTION),
    ByAws("aws_lambda_function", "version", "each release publishes one", _FUNCTION),
    ByAws("aws_lambda_function", "qualified_arn", "it ends in the newest version", _FUNCTION),
    ByAws("aws_lambda_function", "qualified_invoke_arn", "it ends in the newest version", _FUNCTION),
    ByAws(
        "aws_iam_role",
        "inline_policy*",
        "the provider reads all policies of the role here, those of aws_iam_role_policy too",
        f"{_SOURCE}/iam/role.go",
    ),
    ByAws(
        "aws_apigatewayv2_stage",
        "deployment_id",
        "a stage that deploys itself has a new one after each change of a route",
        f"{_PROVIDER}/pull/13644",
        "auto-deploy",
    ),
    ByAws(_TABLE, "read_capacity", "autoscaling sets it", _SCALING, "scaled"),
    ByAws(_TABLE, "write_capacity", "autoscaling sets it", _SCALING, "scaled"),
    ByAws(_TABLE, "global_secondary_index*.read_capacity", "autoscaling sets it", _SCALING, "scaled"),
    ByAws(_TABLE, "global_secondary_index*.write_capacity", "autoscaling sets it", _SCALING, "scaled"),
    ByAws(
        _TABLE,
        "server_side_encryption*.kms_key_arn",
        "with kms:DescribeKey the provider drops the default key's ARN, without it keeps it (clearSSEDefaultKey)",
        f"{_SOURCE}/dynamodb/table.go",
        "one-empty",
    ),
    ByAws(
        "aws_lambda_provisioned_concurrency_config",
        "provisioned_concurrent_executions",
        "the provider reads what is allocated, 0 while the alias moves; `status` compares what was requested",
        f"{_SOURCE}/lambda/provisioned_concurrency_config.go",
    ),
    ByAws(_SUBSCRIPTION, "pending_confirmation", "it ends when the mail is answered", _SUBSCRIBING),
    ByAws(_SUBSCRIPTION, "confirmation_was_authenticated", "it is set when the mail is answered", _SUBSCRIBING),
)


def is_by_aws(change: ExpectedChange, after: Mapping[str, Any], scaled: _BOUNDS) -> bool:
    """Return whether AWS or a release made this change. `after` is the whole resource as it is now."""
    return any(
        row.type == change.type
        and _matches(change.attribute, row.attribute)
        and _holds(row.when, change, after, scaled)
        for row in BY_AWS
    )


def find_scaled_parts(plan: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Return the bounds of each number that autoscaling controls, by "table/NAME/index/INDEX read" or "… write"."""
    bounds = {}
    for _, kind, values in walk_prior(plan):
        if kind == "aws_appautoscaling_target":
            unit = "read" if "Read" in str(values.get("scalable_dimension")) else "write"
            limits = values.get("min_capacity", 0), values.get("max_capacity", 0)
            bounds[f"{values.get('resource_id')} {unit}"] = limits
    return bounds


def _matches(attribute: str, pattern: str) -> bool:
    """Match a path against a pattern. Brackets in a path are literal, not a character class."""
    return fnmatchcase(attribute.replace("[", "(").replace("]", ")"), pattern)


def _holds(when: str, change: ExpectedChange, after: Mapping[str, Any], scaled: _BOUNDS) -> bool:
    match when:
        case "one-empty":
            return (change.known in ('""', "null")) != (change.found in ('""', "null"))
        case "auto-deploy":
            return after.get("auto_deploy") is True
        case "scaled":
            return _is_scaled(change, after, scaled)
    return True


def _is_scaled(change: ExpectedChange, after: Mapping[str, Any], scaled: _BOUNDS) -> bool:
    part = f"table/{after.get('name')}"
    if "[" in change.attribute:
        part += f"/index/{json.loads(change.attribute.partition('[')[2].partition(']')[0])}"
    kind = "read" if change.attribute.endswith("read_capacity") else "write"
    bounds = scaled.get(f"{part} {kind}")
    number = json.loads(change.found)
    return bounds is not None and isinstance(number, int | float) and bounds[0] <= number <= bounds[1]
