"""CI's access to the account, part by part: GitHub's identity provider, the boundary, and the roles.

Each role has a tag with the digest of the policy that hybridctl last wrote. If somebody changed the policy since, the
digest differs, and the policy is kept.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import explain_failures, read_optional
from hybridctl.domain.iam.ci_role import AUDIENCE, CiAccessPlan, CiPart, CiRole, Missing, digest
from hybridctl.domain.iam.grants import ISSUER
from hybridctl.domain.iam.policy import Document, same_policy
from hybridctl.errors import AwsRefused

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

_POLICY = "hybridctl"
_TAG = ("ManagedBy", "hybridctl")
_DIGEST = {CiPart.TRUST: "hybridctl-trust", CiPart.PERMISSIONS: "hybridctl-permissions"}


class IamCiAccess:
    """CI's access in one account. A role with one of its names that someone else created is refused."""

    def __init__(self, open_client: Callable[[], "IAMClient"]) -> None:
        self._open = open_client

    def look(self, wanted: CiAccessPlan) -> tuple[Missing, ...]:
        """Return the parts that are missing or wrong, in the order in which they are created."""
        with explain_failures("reading the access of CI"):
            return tuple(self._look(wanted))

    def make(self, missing: Missing, wanted: CiAccessPlan) -> None:
        with explain_failures(f"creating the access of CI: {missing.part} {missing.role}".rstrip()):
            if missing.part is CiPart.PROVIDER:
                self._make_provider(wanted.provider)
            elif missing.part is CiPart.BOUNDARY:
                self._make_boundary(wanted)
            else:
                [role] = [one for one in wanted.roles if one.name == missing.role]
                self._make_part(missing.part, role)

    def _look(self, wanted: CiAccessPlan) -> Iterator[Missing]:
        client = self._open()
        provider = self._ask(lambda: client.get_open_id_connect_provider(OpenIDConnectProviderArn=wanted.provider))
        if provider is None or AUDIENCE not in provider.get("ClientIDList", ()):
            yield Missing(CiPart.PROVIDER)
        # Others may widen an existing boundary, so it is kept.
        if self._ask(lambda: client.get_policy(PolicyArn=wanted.boundary.arn)) is None:
            yield Missing(CiPart.BOUNDARY)
        for role in wanted.roles:
            yield from self._missing(role)

    def _make_provider(self, arn: str) -> None:
        """Create the provider, or add our audience to an existing one, which other repositories may use."""
        client = self._open()
        if self._ask(lambda: client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)) is None:
            # No thumbprint: AWS knows the authority that signs GitHub's certificate.
            client.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE])
            return
        client.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=AUDIENCE)

    def _make_boundary(self, wanted: CiAccessPlan) -> None:
        self._open().create_policy(
            PolicyName=wanted.boundary.name,
            PolicyDocument=json.dumps(wanted.boundary.policy),
            Description="Maximum permissions of the function, whoever writes its role",
        )

    def _missing(self, role: CiRole) -> Iterator[Missing]:
        client = self._open()
        answer = self._ask(lambda: client.get_role(RoleName=role.name))
        if answer is None:
            yield Missing(CiPart.ROLE, role.name)
            yield Missing(CiPart.PERMISSIONS, role.name)
            return
        tags = {tag["Key"]: tag["Value"] for tag in answer["Role"].get("Tags", ())}
        if tags.get(_TAG[0]) != _TAG[1]:
            raise AwsRefused(
                f"hybridctl did not create the existing role {role.name}",
                hint=f"rename it, or tag it {_TAG[0]}={_TAG[1]} to let hybridctl manage it",
            )
        policy = self._ask(lambda: client.get_role_policy(RoleName=role.name, PolicyName=_POLICY))
        has = {
            CiPart.TRUST: (_document(answer["Role"]["AssumeRolePolicyDocument"]), role.trust),
            CiPart.PERMISSIONS: (policy and _document(policy["PolicyDocument"]), role.permissions),
        }
        for part, (now, wanted) in has.items():
            if now is None:
                yield Missing(part, role.name)
            elif not same_policy(now, wanted):
                is_ours = tags.get(_DIGEST[part]) == digest(now)
                yield Missing(part, role.name, None if is_ours else now)

    def _make_part(self, part: CiPart, role: CiRole) -> None:
        client = self._open()
        if part is CiPart.ROLE:
            client.create_role(
                RoleName=role.name,
                AssumeRolePolicyDocument=json.dumps(role.trust),
                Description=f"Jobs of the GitHub environment {role.job}",
                Tags=[
                    {"Key": _TAG[0], "Value": _TAG[1]},
                    {"Key": _DIGEST[CiPart.TRUST], "Value": digest(role.trust)},
                ],
            )
            return
        if part is CiPart.TRUST:
            client.update_assume_role_policy(RoleName=role.name, PolicyDocument=json.dumps(role.trust))
            written = role.trust
        else:
            client.put_role_policy(RoleName=role.name, PolicyName=_POLICY, PolicyDocument=json.dumps(role.permissions))
            written = role.permissions
        client.tag_role(RoleName=role.name, Tags=[{"Key": _DIGEST[part], "Value": digest(written)}])

    def _ask(self, call: Callable[[], Any]) -> Any:
        """Return the answer, or None if IAM has no such entity."""
        return read_optional("reading the access of CI", call, "NoSuchEntity", "NoSuchEntityException")


def _document(found: str | Mapping[str, Any]) -> Document:
    """Return a policy that botocore parsed, or that the service sent as text."""
    parsed: Document = json.loads(found) if isinstance(found, str) else found
    return parsed
