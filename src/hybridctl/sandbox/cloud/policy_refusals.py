"""Refuse policies that IAM refuses: faulty documents, and more text than fits.

Source: IAM/latest/UserGuide/reference_iam-quotas.html (white space does not count).
"""

from collections.abc import Mapping
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Handler, ServiceRequest
from hybridctl.sandbox.cloud.model_requests import read_request
from hybridctl.sandbox.cloud.policy_grammar import find_fault

INLINE_LIMIT = 10_240  # of all inline policies of a role together
MANAGED_LIMIT = 6_144
_TRUST = {"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"}
_IDENTITY = {"PutRolePolicy", "CreatePolicy", "CreatePolicyVersion", "PutUserPolicy"}


class PolicyRefusals:
    """A layer before the emulator's IAM that only refuses requests."""

    def __init__(self) -> None:
        self._iam = emulator.service("iam", "_roles")

    def install(self) -> None:
        emulator.layer("iam", self._check)

    async def _check(self, forward: Handler, request: ServiceRequest) -> Answer:
        found = read_request("iam", request)
        if found is None:
            return await forward(*request)
        name, members = found.operation.name, found.members
        document = str(members.get(_TRUST.get(name, "PolicyDocument")) or "")
        if name in _TRUST or name in _IDENTITY:
            if fault := find_fault(document, is_trust=name in _TRUST):
                return emulator.refuse_query("MalformedPolicyDocument", fault)
            if limit := self._find_exceeded(name, members, document):
                return emulator.refuse_query("LimitExceeded", limit, 409)
        return await forward(*request)

    def _find_exceeded(self, operation: str, members: Mapping[str, Any], document: str) -> str:
        if operation.startswith("CreatePolicy") and _measure(document) > MANAGED_LIMIT:
            return f"Cannot exceed quota for PolicySize: {MANAGED_LIMIT}"
        if operation != "PutRolePolicy":
            return ""
        role = self._iam["_roles"].get(members.get("RoleName")) or {}
        policies = {**(role.get("InlinePolicies") or {}), members.get("PolicyName"): document}
        if sum(_measure(str(each)) for each in policies.values()) <= INLINE_LIMIT:
            return ""
        return f"Maximum policy size of {INLINE_LIMIT} bytes exceeded for role {members.get('RoleName')}"


def _measure(document: str) -> int:
    return len("".join(document.split()))
