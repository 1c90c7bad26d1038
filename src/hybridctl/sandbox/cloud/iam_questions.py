"""Determine what a request requires from IAM: its action, its resources, and further permissions.

The emulator's own tables cover most calls. This module adds what they lack or get wrong.
"""

import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote

from hybridctl.sandbox.cloud.model_requests import find_operation
from hybridctl.sandbox.cloud.query_protocol import read_cbor
from hybridctl.sandbox.home import ACCOUNT, REGION

# A policy has to name everything for these, which mostly list.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
ON_EVERYTHING = frozenset(
    {"cloudwatch:PutCompositeAlarm", "cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "cloudwatch:GetMetricData"}
)
# The action that a creating call with tags needs beside its own.
TAGGING = {
    "apigateway:POST": "apigateway:TagResource",
    "cloudwatch:PutCompositeAlarm": "cloudwatch:TagResource",
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "dynamodb:CreateTable": "dynamodb:TagResource",
    "iam:CreateRole": "iam:TagRole",
    "lambda:CreateFunction": "lambda:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "sns:CreateTopic": "sns:TagResource",
}
PASSING = frozenset({"lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"})
# API Gateway makes these calls for whoever gives a stage its access log.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
DELIVERING_LOGS = (
    *("logs:CreateLogDelivery", "logs:PutResourcePolicy", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries"),
)
SCALING_SERVICE = "dynamodb.application-autoscaling.amazonaws.com"
SCALING_ROLE = f"aws-service-role/{SCALING_SERVICE}/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
# PutScalingPolicy and DeleteScalingPolicy are refused to whoever may not write the policy's alarms.
# https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_service-with-iam.html
SCALING_ALARMS = {"PutScalingPolicy": "cloudwatch:PutMetricAlarm", "DeleteScalingPolicy": "cloudwatch:DeleteAlarms"}

FUNCTION_COLONS = 6  # in the ARN of a function without a version or an alias
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"
DASHBOARD = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/"
_ARN_MEMBERS = (
    *("ResourceArn", "resourceArn", "ResourceARN", "TopicArn", "SubscriptionArn"),
    *("OpenIDConnectProviderArn", "PolicySourceArn"),
)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class IamQuestion:
    """One question to IAM."""

    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def service(self) -> str:
        return self.action.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Asked:
    """Return the top-level members of a request in any protocol; `more` are further resources that it names."""

    parameters: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    more: tuple[str, ...] = ()

    @property
    def has_tags(self) -> bool:
        return any(
            (name.lower() == "tags" and value) or name.lower().startswith("tags.member.")
            for name, value in self.parameters.items()
        )


request: ContextVar[Asked] = ContextVar("request", default=Asked())  # noqa: B039  it cannot change


def find_resource(
    original: Any, service: str, method: str, path: str, headers: Any, body: bytes, query: Any, *place: str
) -> str:
    """Complete the emulator's lookup of a request's resource; the request is kept for its further permissions."""
    parameters = read_parameters(headers, body, query)
    named = _find_names(parameters) if service == "monitoring" else ()
    request.set(Asked(parameters, named[1:]))
    if service == "apigateway":
        return f"arn:aws:apigateway:{REGION}::{unquote(path.removeprefix('/v2')).rstrip('/')}"
    if named:
        return named[0]
    resource = str(original(service, method, path, headers, body, query, *place))
    resource = resource if resource not in ("", "*") else _by_name(service, parameters)
    qualifier = parameters.get("Qualifier") if service == "lambda" else None
    return f"{resource}:{qualifier}" if qualifier and resource.count(":") == FUNCTION_COLONS else resource


def read_parameters(headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> Mapping[str, Any]:
    named = {name: value[0] if isinstance(value, list) and value else value for name, value in (query or {}).items()}
    kind = headers.get("content-type", "")
    if "cbor" in kind:
        return named | read_cbor(body)
    if "json" in kind or body.lstrip().startswith(b"{"):
        try:
            found: Mapping[str, Any] = json.loads(body or b"{}")
            return {**named, **found}
        except ValueError:
            return named
    if "urlencoded" in kind:
        return named | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return named


def _find_names(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the alarms or dashboards of a call that names several: each is evaluated."""
    for member, prefix in (("AlarmNames", ALARM), ("DashboardNames", DASHBOARD)):
        listed = parameters.get(member)
        names = list(listed) if isinstance(listed, list) else []
        names += [value for key, value in parameters.items() if key.startswith(f"{member}.member.")]
        if names:
            return tuple(f"{prefix}{name}" for name in names)
    return ()


def _by_name(service: str, parameters: Mapping[str, Any]) -> str:
    for member in _ARN_MEMBERS:
        value = parameters.get(member)
        if isinstance(value, str) and value.startswith("arn:"):
            return value.rpartition(":")[0] if member == "SubscriptionArn" else value
    if service == "iam" and parameters.get("Action") == "CreateOpenIDConnectProvider":
        return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{str(parameters.get('Url')).removeprefix('https://')}"
    if service == "iam" and parameters.get("Action") == "CreatePolicy":
        return f"arn:aws:iam::{ACCOUNT}:policy/{parameters.get('PolicyName')}"
    if service == "monitoring" and (dashboard := parameters.get("DashboardName")):
        return f"{DASHBOARD}{dashboard}"
    if service == "lambda" and (function := parameters.get("FunctionName")):
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    if service == "sns" and (topic := parameters.get("Name")):
        return f"arn:aws:sns:{REGION}:{ACCOUNT}:{topic}"
    return "*"


def lambda_action(method: str, path: str) -> str | None:
    """Return the IAM action of a request to Lambda, without its prefix; the emulator's table gets some wrong."""
    found = find_operation("lambda", method, path)
    if found is None:
        return None
    return "InvokeFunction" if found[0] in ("Invoke", "InvokeAsync", "InvokeWithResponseStream") else found[0]


def beside(action: str, resource: str, context: Mapping[str, Any]) -> Iterator[IamQuestion]:
    """Return the permissions that a call requires beside its own action on its first resource."""
    asked = request.get()
    for further in () if action in ON_EVERYTHING else asked.more:
        yield IamQuestion(action, further, context)
    if (tagging := TAGGING.get(action)) and asked.has_tags:
        yield IamQuestion(tagging, resource, context)
    if (role := asked.parameters.get("Role")) and action in PASSING:
        yield IamQuestion("iam:PassRole", str(role), {"iam:PassedToService": "lambda.amazonaws.com"})
    writes = action in ("apigateway:POST", "apigateway:PATCH", "apigateway:PUT")
    if writes and asked.parameters.get("accessLogSettings"):
        yield from (IamQuestion(delivering, "*") for delivering in DELIVERING_LOGS)


def of_scaling(operation: str, parameters: Mapping[str, Any], *, is_first: bool) -> Iterator[IamQuestion]:
    """Return what a call of Application Auto Scaling requires; the first target also creates the service's role."""
    target = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/*"
    yield IamQuestion(f"application-autoscaling:{operation}", "*" if operation.startswith("Describe") else target)
    if operation == "RegisterScalableTarget":
        if parameters.get("Tags"):
            yield IamQuestion("application-autoscaling:TagResource", target)
        if is_first:
            role = f"arn:aws:iam::{ACCOUNT}:role/{SCALING_ROLE}"
            yield IamQuestion("iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": SCALING_SERVICE})
    if action := SCALING_ALARMS.get(operation):
        yield IamQuestion(action, f"{ALARM}TargetTracking-{parameters.get('ResourceId')}-AlarmHigh-1")
