"""Application Auto Scaling, which the emulator lacks: targets, policies and tags, written to disk at each change.

It records and validates but does not scale: the emulator's tables have no throughput limits. Source:
autoscaling/application/APIReference.
"""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from hybridctl.files import write_file
from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.home import ACCOUNT, REGION

TARGET = "AnyScaleFrontendService"
ARN = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}"
TARGET_KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
POLICY_KEY = (*TARGET_KEY, "PolicyName")
NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
Answer = tuple[int, dict[str, str], bytes]
Record = dict[str, Any]
Refuse = Callable[
    [str, str, Record, bool], str
]  # access key id, operation, its request, whether it is the first of all


class ScalingRefused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class AutoScaling:
    """The service; each request is one call."""

    def __init__(self, store: Path) -> None:
        self._store = store
        saved = json.loads(store.read_text()) if store.exists() else {}
        self._targets: dict[str, Record] = saved.get("targets", {})
        self._policies: dict[str, Record] = saved.get("policies", {})
        self._tags: dict[str, dict[str, str]] = saved.get("tags", {})
        self._operations: dict[str, Callable[[Record], Record]] = {
            "RegisterScalableTarget": self._register,
            "DescribeScalableTargets": self._describe_targets,
            "DeregisterScalableTarget": self._deregister,
            "PutScalingPolicy": self._put_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScheduledActions": lambda _: {"ScheduledActions": []},
            "DescribeScalingActivities": lambda _: {"ScalingActivities": []},
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": lambda request: {"Tags": self._tags_of(request)},
        }

    def answer(self, headers: dict[str, str], body: bytes, caller: str = "", refuse: Refuse | None = None) -> Answer:
        """Answer one request; with IAM enforced, `refuse` returns why the `caller` may not make it, or ""."""
        operation = headers["x-amz-target"].rpartition(".")[2]
        try:
            perform = self._operations.get(operation)
            if perform is None:
                raise ScalingRefused("UnknownOperationException", f"{operation} is not carried out by the sandbox")
            request = json.loads(body or b"{}")
            if refuse is not None and (why := refuse(caller, operation, request, not self._targets)):
                raise ScalingRefused("AccessDeniedException", why)
            return _json(200, perform(request))
        except ScalingRefused as refused:
            return _json(400, {"__type": refused.code, "message": str(refused)})

    def _register(self, request: Record) -> Record:
        key = _key(request, TARGET_KEY)
        before = self._targets.get(key)
        if before is None and not _exists(request["ServiceNamespace"], request["ResourceId"]):
            raise ScalingRefused("ValidationException", f"Resource does not exist: {request['ResourceId']}")
        target = {
            "CreationTime": time.time(),
            "ScalableTargetARN": f"{ARN}:scalable-target/{uuid4().hex[:12]}",
            "RoleARN": _service_role(request["ServiceNamespace"]),
            "SuspendedState": dict(NOT_SUSPENDED),
            **(before or {}),
            **{name: request[name] for name in (*TARGET_KEY, "MinCapacity", "MaxCapacity") if name in request},
        }
        target["SuspendedState"].update(request.get("SuspendedState") or {})
        if "MinCapacity" not in target or "MaxCapacity" not in target:
            raise ScalingRefused(
                "ValidationException", "Both MinCapacity and MaxCapacity are required for a new scalable target"
            )
        if target["MinCapacity"] > target["MaxCapacity"]:
            raise ScalingRefused("ValidationException", "Maximum capacity cannot be less than minimum capacity")
        self._targets[key] = target
        self._tags.setdefault(target["ScalableTargetARN"], {}).update(request.get("Tags") or {})
        self._save()
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    def _describe_targets(self, request: Record) -> Record:
        wanted = request.get("ResourceIds")
        found = [
            target
            for target in self._targets.values()
            if _is_asked_for(target, request) and (not wanted or target["ResourceId"] in wanted)
        ]
        return {"ScalableTargets": found}

    def _deregister(self, request: Record) -> Record:
        target = self._targets.pop(_key(request, TARGET_KEY), None)
        if target is None:
            raise ScalingRefused("ObjectNotFoundException", _not_found("scalable target", request))
        self._tags.pop(target["ScalableTargetARN"], None)
        of_target = _key(request, TARGET_KEY)
        self._policies = {key: each for key, each in self._policies.items() if _key(each, TARGET_KEY) != of_target}
        self._save()
        return {}

    def _put_policy(self, request: Record) -> Record:
        if _key(request, TARGET_KEY) not in self._targets:
            raise ScalingRefused("ObjectNotFoundException", _not_found("scalable target", request))
        key = _key(request, POLICY_KEY)
        policy_id, where = str(uuid4()), f"resource/{request['ServiceNamespace']}/{request['ResourceId']}"
        self._policies[key] = {
            "CreationTime": time.time(),
            "PolicyARN": f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:{policy_id}:{where}"
            f":policyName/{request['PolicyName']}",
            "Alarms": [],
            **self._policies.get(key, {}),
            **request,
        }
        self._save()
        return {"PolicyARN": self._policies[key]["PolicyARN"], "Alarms": []}

    def _describe_policies(self, request: Record) -> Record:
        names = request.get("PolicyNames")
        found = [
            policy
            for policy in self._policies.values()
            if _is_asked_for(policy, request) and (not names or policy["PolicyName"] in names)
        ]
        return {"ScalingPolicies": found}

    def _delete_policy(self, request: Record) -> Record:
        if self._policies.pop(_key(request, POLICY_KEY), None) is None:
            raise ScalingRefused("ObjectNotFoundException", _not_found("scaling policy", request))
        self._save()
        return {}

    def _tags_of(self, request: Record) -> dict[str, str]:
        found = self._tags.get(request["ResourceARN"])
        if found is None:
            raise ScalingRefused("ResourceNotFoundException", f"Resource not found: {request['ResourceARN']}")
        return found

    def _tag(self, request: Record) -> Record:
        self._tags_of(request).update(request["Tags"])
        self._save()
        return {}

    def _untag(self, request: Record) -> Record:
        tags = self._tags_of(request)
        for name in request["TagKeys"]:
            tags.pop(name, None)
        self._save()
        return {}

    def _save(self) -> None:
        kept = {"targets": self._targets, "policies": self._policies, "tags": self._tags}
        write_file(self._store, json.dumps(kept).encode(), makes_folder=False)


def _key(record: Record, names: tuple[str, ...]) -> str:
    return "|".join(str(record[name]) for name in names)


def _is_asked_for(record: Record, request: Record) -> bool:
    return all(record[name] == request[name] for name in TARGET_KEY if request.get(name))


def _not_found(kind: str, request: Record) -> str:
    return (
        f"No {kind} found for service namespace: {request['ServiceNamespace']}, resource ID: {request['ResourceId']}, "
        f"scalable dimension: {request['ScalableDimension']}"
    )


def _service_role(namespace: str) -> str:
    name = {"dynamodb": "DynamoDBTable", "lambda": "LambdaConcurrency"}.get(namespace, namespace)
    principal = f"{namespace}.application-autoscaling.amazonaws.com"
    return f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{principal}/AWSServiceRoleForApplicationAutoScaling_{name}"


def _exists(namespace: str, resource: str) -> bool:
    """Return whether the resource to scale exists; only tables, indexes and functions are checked."""
    table = re.fullmatch(r"table/([^/]+)(?:/index/([^/]+))?", resource)
    if namespace == "dynamodb" and table:
        found = emulator.service("dynamodb", "_tables")["_tables"].get(table[1])
        indexes = [each["IndexName"] for each in (found or {}).get("GlobalSecondaryIndexes") or []]
        return found is not None and (table[2] is None or table[2] in indexes)
    function = re.fullmatch(r"function:([^:]+):([^:]+)", resource)
    if namespace == "lambda" and function:
        found = emulator.service("lambda_svc", "_functions")["_functions"].get(function[1])
        return found is not None and (function[2] in found["aliases"] or function[2] in found["versions"])
    return namespace not in ("dynamodb", "lambda")


def _json(status: int, answer: Record) -> Answer:
    return status, {"content-type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()
