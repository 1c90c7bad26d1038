"""On request, each call is decided by IAM's rules: the emulator evaluates, and what it does not know of AWS is here.

The emulator knows the caller by the access key and evaluates its policies, boundary and session, and the resource
policies. Added are the resources of calls that name an ARN, the few rules that AWS's own table of actions leaves out,
and the tag action of a call that carries tags. The owner's key is allowed everything.
"""

import importlib
import json
import os
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.home import ACCOUNT, REGION

SWITCH = "AUTH"  # the emulator's own, read while it is imported

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
_ARN_MEMBERS = ("ResourceArn", "resourceArn", "ResourceARN", "TopicArn", "SubscriptionArn")
_also: ContextVar[str] = ContextVar("also", default="")
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_parameters: ContextVar[Mapping[str, Any]] = ContextVar("parameters", default=_NOTHING)


def is_enforced() -> bool:
    return os.environ.get(SWITCH) == "true"


def install() -> None:
    """Raises EmulatorChanged when an upgrade moved a seam."""
    app = importlib.import_module("ministack.app")
    emulator.replace(app, "pin_request_origin", "source_ip secure_transport", _as_secure)
    actions = importlib.import_module("ministack.core.iam_actions")
    known = "service method path headers body query_params region account_id"
    emulator.replace(actions, "extract_resource_arn", known, _resource)
    answer = "service action principal_arn request_id error_code message headers resource_arn"
    emulator.replace(actions, "access_denied_response", f"{answer} explicit_deny resource_policy_arn", _named)
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    asked = "access_key_id iam_action service region resource_arn service_context"
    emulator.replace(evaluator, "enforce", asked, _decide)


def _as_secure(original: Any) -> Any:
    """Loopback counts as encrypted: nothing leaves the machine, and the state bucket insists on TLS."""
    return lambda source_ip, secure_transport: original(source_ip, secure_transport or source_ip == "127.0.0.1")


def _resource(original: Any) -> Any:
    def find(
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any, region: str, account: str
    ) -> str:
        parameters = _read(headers, body, query)
        _parameters.set(parameters)
        if service == "apigateway":
            return _api_arn(path)
        found = str(original(service, method, path, headers, body, query, region, account))
        return found if found not in ("", "*") else _by_name(service, parameters)

    return find


def _read(headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members of a request at its top, whatever its protocol."""
    named = {name: value[0] if isinstance(value, list) and value else value for name, value in (query or {}).items()}
    if "json" in headers.get("content-type", "") or body.lstrip().startswith(b"{"):
        try:
            found: Mapping[str, Any] = json.loads(body or b"{}")
            return {**named, **found}
        except ValueError:
            return named
    if "urlencoded" in headers.get("content-type", ""):
        return named | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return named


def _by_name(service: str, parameters: Mapping[str, Any]) -> str:
    for member in _ARN_MEMBERS:
        value = parameters.get(member)
        if isinstance(value, str) and value.startswith("arn:"):
            return value.rpartition(":")[0] if member == "SubscriptionArn" else value
    if service == "monitoring":
        dashboard = parameters.get("DashboardName") or parameters.get("DashboardNames.member.1")
        if dashboard:
            return f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{dashboard}"
        if alarm := parameters.get("AlarmNames.member.1"):
            return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm}"
    if service == "lambda" and parameters.get("FunctionName"):
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{parameters['FunctionName']}"
    if service == "sns" and parameters.get("Name"):
        return f"arn:aws:sns:{REGION}:{ACCOUNT}:{parameters['Name']}"
    return "*"


def _api_arn(path: str) -> str:
    return f"arn:aws:apigateway:{REGION}::{unquote(path.removeprefix('/v2')).rstrip('/')}"


def _decide(original: Any) -> Any:
    def enforce(
        key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        context = {**(service_context or {}), **_boundary(action)}
        _also.set("")
        arn = "*" if action in ON_EVERYTHING else resource_arn
        denied = original(key, action, service, region, arn, context)
        tagging = TAGGING.get(action)
        if denied is None and tagging and _has_tags():
            _also.set(tagging)
            denied = original(key, tagging, service, region, resource_arn, context)
        role = _parameters.get().get("Role")
        if denied is None and role and action in PASSING:
            _also.set("iam:PassRole")
            to_lambda = {"iam:PassedToService": "lambda.amazonaws.com"}
            denied = original(key, "iam:PassRole", "iam", region, str(role), to_lambda)
        return denied

    return enforce


def _named(original: Any) -> Any:
    """The denial names the action that was denied, also where it is not the one that was called."""

    def answer(service: str, action: str, principal_arn: str, request_id: str, **more: Any) -> Any:
        also = _also.get()
        text = str(more.get("message") or "").replace(action, also) if also else more.get("message")
        return original(
            service, also or action, principal_arn, request_id, **(more | ({"message": text} if text else {}))
        )

    return answer


def _has_tags() -> bool:
    names = _parameters.get()
    return any((name.lower() == "tags" and names[name]) or name.lower().startswith("tags.member.") for name in names)


def _boundary(action: str) -> dict[str, Any]:
    """`iam:PermissionsBoundary`: the one that is being set, otherwise the one that the role has."""
    if action not in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePolicy"):
        return {}
    asked = _parameters.get().get("PermissionsBoundary")
    if not asked:
        role = emulator.service("iam", "_roles")["_roles"].get(str(_parameters.get().get("RoleName")))
        asked = ((role or {}).get("PermissionsBoundary") or {}) if role else None
        asked = asked.get("PermissionsBoundaryArn") if isinstance(asked, dict) else asked
    return {"iam:PermissionsBoundary": str(asked)} if asked else {}
