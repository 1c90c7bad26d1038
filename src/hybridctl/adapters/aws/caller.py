"""The caller's identity and permissions in AWS."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.adapters.aws.server_time import read_server_time
from hybridctl.domain.iam.permissions import Need
from hybridctl.domain.identity import Identity
from hybridctl.errors import AwsRefused

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_sts import STSClient


class AwsCaller:
    """Clients are opened on first use. The STS client makes one attempt, so that a missing network is reported at
    once.
    """

    def __init__(
        self, open_sts: Callable[[], "STSClient"], open_iam: Callable[[], "IAMClient"], source: Callable[[], str] = str
    ) -> None:
        self._open_sts = open_sts
        self._open_iam = open_iam
        self._source = source

    def source(self) -> str:
        """Describe where the credentials come from."""
        return self._source()

    def identity(self) -> Identity:
        with explain_failures("getting the caller's identity (sts:GetCallerIdentity)"):
            answer = self._open_sts().get_caller_identity()
        return Identity(answer["Account"], answer["Arn"], read_server_time(answer))

    def find_denied(self, identity: Identity, need: Need) -> Sequence[str]:
        """Return the need's actions that the caller's policies do not allow.

        Raises AwsRefused if that cannot be simulated: it requires iam:SimulatePrincipalPolicy, and iam:GetRole for a
        role.
        """
        with explain_failures("simulating the caller's permissions (iam:SimulatePrincipalPolicy)"):
            paginator = self._open_iam().get_paginator("simulate_principal_policy")
            pages = paginator.paginate(
                PolicySourceArn=self._principal(identity),
                ActionNames=list(need.actions),
                ResourceArns=list(need.resources),
                # Without the value of its key, a condition is not met, and the action would seem denied.
                ContextEntries=[
                    {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                    for key, value in need.context
                ],
            )
            results = [result for page in pages for result in page["EvaluationResults"]]
        # IAM evaluates an action for each resource. It is allowed if one resource allows it (a function or its
        # versions).
        allowed = {result["EvalActionName"] for result in results if _allows(result)}
        return [action for action in need.actions if action not in allowed]

    def _principal(self, identity: Identity) -> str:
        """Return the ARN of the role behind a session (only IAM knows its path), or of the user."""
        if identity.role is None:
            if ":federated-user/" in identity.arn:
                raise AwsRefused("permissions of a federated user cannot be simulated")
            return identity.arn
        return self._open_iam().get_role(RoleName=identity.role)["Role"]["Arn"]


def _allows(result: Any) -> bool:
    per_resource = result.get("ResourceSpecificResults") or []
    if per_resource:
        return any(one["EvalResourceDecision"] == "allowed" for one in per_resource)
    return bool(result["EvalDecision"] == "allowed")
