"""CI's way into the account, part by part: GitHub's identity provider, and the roles that trust it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import code, explained
from hybridctl.domain.iam.ci_role import AUDIENCE, ISSUER, CiPart, CiRole, Missing, provider_arn, same_policy
from hybridctl.errors import AwsRefused

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

_POLICY = "hybridctl"
_TAG = ("ManagedBy", "hybridctl")


class IamCiAccess:
    """The provider and roles of one account; a role of such a name that somebody else made is refused."""

    def __init__(self, open_client: Callable[[], "IAMClient"], *, account: str) -> None:
        self._open = open_client
        self._provider = provider_arn(account)

    def look(self, roles: Sequence[CiRole]) -> tuple[Missing, ...]:
        """What is not as it must be, in the order in which it is to be made."""
        with explained("looking at the access of CI"):
            provider = () if self._provider_is_there() else (Missing(CiPart.PROVIDER),)
            return (*provider, *(missing for role in roles for missing in self._missing(role)))

    def make(self, missing: Missing, roles: Sequence[CiRole]) -> None:
        with explained(f"making the access of CI: {missing.part} {missing.role}".rstrip()):
            if missing.part is CiPart.PROVIDER:
                self._make_provider()
                return
            [role] = [one for one in roles if one.name == missing.role]
            self._make(missing.part, role)

    def _provider_is_there(self) -> bool:
        found = self._asked(lambda: self._open().get_open_id_connect_provider(OpenIDConnectProviderArn=self._provider))
        return found is not None and AUDIENCE in found.get("ClientIDList", ())

    def _make_provider(self) -> None:
        """Other repositories may use it already: then it only learns of one more audience."""
        client = self._open()
        if self._asked(lambda: client.get_open_id_connect_provider(OpenIDConnectProviderArn=self._provider)) is None:
            # No thumbprint: AWS knows the authority that signs GitHub's certificate.
            client.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE])
            return
        client.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=self._provider, ClientID=AUDIENCE)

    def _missing(self, role: CiRole) -> Iterator[Missing]:
        client = self._open()
        found = self._asked(lambda: client.get_role(RoleName=role.name))
        if found is None:
            yield Missing(CiPart.ROLE, role.name)
            yield Missing(CiPart.PERMISSIONS, role.name)
            return
        tags = {tag["Key"]: tag["Value"] for tag in found["Role"].get("Tags", ())}
        if tags.get(_TAG[0]) != _TAG[1]:
            raise AwsRefused(
                f"there is a role {role.name} that hybridctl did not make",
                hint=f"rename it, or tag it {_TAG[0]}={_TAG[1]} to hand it over",
            )
        if not same_policy(_document(found["Role"]["AssumeRolePolicyDocument"]), role.trust):
            yield Missing(CiPart.TRUST, role.name)
        policy = self._asked(lambda: client.get_role_policy(RoleName=role.name, PolicyName=_POLICY))
        if policy is None or not same_policy(_document(policy["PolicyDocument"]), role.permissions):
            yield Missing(CiPart.PERMISSIONS, role.name)

    def _make(self, part: CiPart, role: CiRole) -> None:
        client = self._open()
        if part is CiPart.ROLE:
            client.create_role(
                RoleName=role.name,
                AssumeRolePolicyDocument=json.dumps(role.trust),
                Description=f"Jobs of the GitHub environment {role.job}",
                Tags=[{"Key": _TAG[0], "Value": _TAG[1]}],
            )
        elif part is CiPart.TRUST:
            client.update_assume_role_policy(RoleName=role.name, PolicyDocument=json.dumps(role.trust))
        else:
            client.put_role_policy(RoleName=role.name, PolicyName=_POLICY, PolicyDocument=json.dumps(role.permissions))

    def _asked(self, call: Callable[[], Any]) -> Any:
        """The answer; None where IAM has no such entity."""
        from botocore.exceptions import ClientError

        try:
            return call()
        except ClientError as cause:
            if code(cause) in ("NoSuchEntity", "NoSuchEntityException"):
                return None
            raise


def _document(found: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """A policy as botocore gives it: parsed, or as text where the service sent it so."""
    parsed: Mapping[str, Any] = json.loads(found) if isinstance(found, str) else found
    return parsed
