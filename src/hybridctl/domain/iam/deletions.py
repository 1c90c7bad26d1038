"""IAM permissions for deleting a plan's resources. Their ARNs are read from the plan, because an adopted stack has
names of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from hybridctl.domain.iam.permissions import Need

# For each type that a destroy must delete: the action, and the attribute that contains the ARN.
# https://docs.aws.amazon.com/service-authorization/latest/reference/
_DELETES: Mapping[str, tuple[str, str]] = {
    "aws_cloudwatch_dashboard": ("cloudwatch:DeleteDashboards", "dashboard_arn"),
    "aws_cloudwatch_event_rule": ("events:DeleteRule", "arn"),
    "aws_cloudwatch_log_group": ("logs:DeleteLogGroup", "arn"),
    "aws_dynamodb_table": ("dynamodb:DeleteTable", "arn"),
    "aws_iam_role": ("iam:DeleteRole", "arn"),
    "aws_lambda_alias": ("lambda:DeleteAlias", "arn"),
    "aws_lambda_function": ("lambda:DeleteFunction", "arn"),
    "aws_sns_topic": ("sns:DeleteTopic", "arn"),
    "aws_sqs_queue": ("sqs:DeleteQueue", "arn"),
}


def deletions(plan: Mapping[str, Any]) -> Iterator[Need]:
    """Yield one need for each resource that would be deleted. Resources with an unknown ARN are skipped."""
    for one in plan.get("resource_changes", ()):
        change = one.get("change", {})
        action, attribute = _DELETES.get(one.get("type", ""), ("", ""))
        arn = (change.get("before") or {}).get(attribute)
        if "delete" in change.get("actions", ()) and arn:
            yield Need("destroy", (action,), _forms(action, str(arn)), for_release=False)


def _forms(action: str, arn: str) -> tuple[str, ...]:
    """Return the forms of an ARN that AWS may evaluate. A policy may contain any of them."""
    if action == "lambda:DeleteAlias":
        return (arn.rpartition(":")[0], arn)
    if action == "logs:DeleteLogGroup":
        return (arn.removesuffix(":*"), f"{arn.removesuffix(':*')}:log-stream:")
    return (arn,)
