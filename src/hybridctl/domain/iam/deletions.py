"""What destroying the resources of a plan asks of IAM. An adopted stack has names of its own, so its ARNs are read."""

from collections.abc import Iterator, Mapping
from typing import Any

from hybridctl.domain.iam.permissions import Need

# Each type that an environment cannot be taken down without deleting: the action, and the attribute with its ARN.
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
    """One need for each resource that would be deleted; of one whose ARN is not known nothing is asked."""
    for one in plan.get("resource_changes", ()):
        change = one.get("change", {})
        action, attribute = _DELETES.get(one.get("type", ""), ("", ""))
        arn = (change.get("before") or {}).get(attribute)
        if "delete" in change.get("actions", ()) and arn:
            yield Need("destroy", (action,), _forms(action, str(arn)), for_release=False)


def _forms(action: str, arn: str) -> tuple[str, ...]:
    """The forms in which AWS evaluates it; a policy may be written for either."""
    if action == "lambda:DeleteAlias":
        return (arn.rpartition(":")[0], arn)
    if action == "logs:DeleteLogGroup":
        return (arn.removesuffix(":*"), f"{arn.removesuffix(':*')}:log-stream:")
    return (arn,)
