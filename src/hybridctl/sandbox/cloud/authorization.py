"""Optional IAM enforcement: the emulator evaluates each call, and this module adds what it does not know.

The emulator identifies the caller by the access key and evaluates its policies, boundary and session, and the resource
policies. `iam_questions.py` determines what a call requires. The owner's key is allowed everything.
"""

import importlib
import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from hybridctl.sandbox.cloud import emulator, iam_questions, simulation
from hybridctl.sandbox.cloud.decisions import DecisionLog
from hybridctl.sandbox.home import REGION

SWITCH = "AUTH"  # the emulator's own, read while it is imported
GITHUB = "token.actions.githubusercontent.com"
_BOUNDED = ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePolicy")
_asked: ContextVar[iam_questions.IamQuestion | None] = ContextVar("asked", default=None)  # the last one in this request


def is_enforced() -> bool:
    return os.environ.get(SWITCH) == "true"


def install(decisions: Path) -> None:
    """Enforce IAM from now on; each decision is written once to the file `decisions`. Raises EmulatorChanged if a seam
    moved.
    """
    app = importlib.import_module("ministack.app")
    emulator.replace(app, "pin_request_origin", "source_ip secure_transport", _as_secure)
    actions = importlib.import_module("ministack.core.iam_actions")
    known = "service method path headers body query_params region account_id"
    emulator.replace(actions, "extract_resource_arn", known, iam_questions.find_resource)
    emulator.substitute(actions, "_lambda_action", "method path", iam_questions.lambda_action)
    answer = "service action principal_arn request_id error_code message headers resource_arn"
    emulator.replace(
        actions, "access_denied_response", f"{answer} explicit_deny resource_policy_arn", _name_denied_action
    )
    evaluator = importlib.import_module("ministack.core.iam_evaluator")
    asked = "access_key_id iam_action service region resource_arn service_context"
    log = DecisionLog(decisions)
    emulator.replace(evaluator, "enforce", asked, partial(_decide, log))
    simulation.install()
    sts = importlib.import_module("ministack.services.sts")
    emulator.replace(sts, "_web_identity_principal", "token provider_id role_arn", _github_claims)


def refuse_scaling(key: str, operation: str, parameters: Mapping[str, Any], is_first: bool) -> str:
    """Return why IAM denies a call of Application Auto Scaling, in AWS's words; "" if it is allowed."""
    iam_questions.request.set(iam_questions.Asked(parameters))
    enforce = importlib.import_module("ministack.core.iam_evaluator").enforce
    words = importlib.import_module("ministack.core.iam_actions").identity_denial_message
    with emulator.as_owner():
        for question in iam_questions.of_scaling(operation, parameters, is_first=is_first):
            denied = enforce(key, question.action, question.service, REGION, question.resource, dict(question.context))
            if denied is not None:
                return str(words(question.action, denied.principal_arn, question.resource, denied.decision == "Deny"))
    return ""


def _as_secure(original: Any, source_ip: str, secure_transport: bool) -> Any:
    """Treat loopback as encrypted: nothing leaves the machine, and the state bucket requires TLS."""
    return original(source_ip, secure_transport or source_ip == "127.0.0.1")


def _decide(
    log: DecisionLog,
    original: Any,
    key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: Any = None,
) -> Any:
    context = {**(service_context or {}), **_boundary(action)}
    arn = "*" if action in iam_questions.ON_EVERYTHING else resource_arn
    first = iam_questions.IamQuestion(action, arn, context)
    for asked in chain([first], iam_questions.beside(action, resource_arn, context)):
        _asked.set(asked)
        of = service if asked is first else asked.service
        denied = original(key, asked.action, of, region, asked.resource, asked.context)
        log.note(key, asked.action, asked.resource, asked.context, allowed=denied is None)
        if denied is not None:
            return denied
    return None


def _name_denied_action(original: Any, service: str, action: str, principal: str, request: str, **more: Any) -> Any:
    """Name the denied action and its resource in the error, even if it is not the action that was called."""
    asked = _asked.get()
    if asked is None or not principal:
        return original(service, action, principal, request, **more)
    words = importlib.import_module("ministack.core.iam_actions").identity_denial_message
    if not more.get("resource_policy_arn"):
        more["message"] = words(asked.action, principal, asked.resource, bool(more.get("explicit_deny")))
    return original(service, asked.action, principal, request, **more)


def _boundary(action: str) -> dict[str, Any]:
    """Return `iam:PermissionsBoundary`: the boundary being set, or else the role's."""
    if action not in _BOUNDED:
        return {}
    parameters = iam_questions.request.get().parameters
    asked = parameters.get("PermissionsBoundary")
    if not asked:
        role = emulator.service("iam", "_roles")["_roles"].get(str(parameters.get("RoleName")))
        asked = ((role or {}).get("PermissionsBoundary") or {}) if role else None
        asked = asked.get("PermissionsBoundaryArn") if isinstance(asked, dict) else asked
    return {"iam:PermissionsBoundary": str(asked)} if asked else {}


def _github_claims(original: Any, token: str, provider_id: str, role_arn: str) -> Any:
    """Return the claims of GitHub's token that a trust policy can use beside `aud` and `sub`.

    Source: IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif.
    """
    principal, keys = original(token, provider_id, role_arn)
    if str(principal).endswith(f"/{GITHUB}"):
        body = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        keys |= {f"{GITHUB}:{name}": value for name, value in claims.items() if isinstance(value, str)}
    return principal, keys
