"""The commands of the AWS CLI that delete an object which a plan would create."""

import shlex
from collections.abc import Callable, Mapping, Sequence

from hybridctl.domain.adoption import Wanted
from hybridctl.domain.environment import Place

# Only types with tags can belong to others, and only objects without a unique name can exist twice.
_REMOVE: Mapping[str, Callable[[Wanted, str], Sequence[str]]] = {
    "aws_apigatewayv2_api": lambda _one, found: ("apigatewayv2", "delete-api", "--api-id", found),
    "aws_apigatewayv2_integration": lambda one, found: (
        ("apigatewayv2", "delete-integration", "--api-id", one.text("api_id"), "--integration-id", found.split("/")[1])
    ),
    "aws_apigatewayv2_stage": lambda one, _id: (
        ("apigatewayv2", "delete-stage", "--api-id", one.text("api_id"), "--stage-name", one.text("name"))
    ),
    "aws_cloudwatch_composite_alarm": lambda _one, found: ("cloudwatch", "delete-alarms", "--alarm-names", found),
    "aws_cloudwatch_event_rule": lambda _one, found: ("events", "delete-rule", "--name", found),
    "aws_cloudwatch_log_group": lambda _one, found: ("logs", "delete-log-group", "--log-group-name", found),
    "aws_cloudwatch_metric_alarm": lambda _one, found: ("cloudwatch", "delete-alarms", "--alarm-names", found),
    "aws_dynamodb_table": lambda _one, found: ("dynamodb", "delete-table", "--table-name", found),
    "aws_iam_role": lambda _one, found: ("iam", "delete-role", "--role-name", found),
    "aws_lambda_function": lambda _one, found: ("lambda", "delete-function", "--function-name", found),
    "aws_sns_topic": lambda _one, found: ("sns", "delete-topic", "--topic-arn", found),
    "aws_sqs_queue": lambda _one, found: ("sqs", "delete-queue", "--queue-url", found),
}


def describe_removal(one: Wanted, identity: str, place: Place) -> str:
    """The command that deletes the object; "" for a part that is deleted with the whole."""
    if one.type not in _REMOVE:
        return ""
    where = ["--region", place.region, *(["--endpoint-url", place.endpoint] if place.endpoint else [])]
    return shlex.join(["aws", *_REMOVE[one.type](one, identity), *where])
