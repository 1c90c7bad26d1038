"""The roles that CI takes: whom each trusts and what it may do. No key is ever handed out.

Sources: https://docs.github.com/actions/reference/security/oidc (the claims of a job's token) and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif (those
that a trust policy can ask for: `sub`, `aud` and, in AWS's commercial regions, GitHub's `ref`).
"""

import hashlib
from collections.abc import Sequence
from enum import StrEnum, unique

from hybridctl.domain.environment import COMMERCIAL, Names, Place
from hybridctl.domain.iam.arns import Arns
from hybridctl.domain.iam.boundary import boundary
from hybridctl.domain.iam.grants import ISSUER, Grant, Reach, grants, identity_provider
from hybridctl.domain.iam.policy import VERSION, Document, canonical, document, select
from hybridctl.domain.iam.subject import Subject
from hybridctl.values import dataclass

AUDIENCE = "sts.amazonaws.com"


@unique
class CiPart(StrEnum):
    """What CI's access is made of, in the order in which it is made."""

    PROVIDER = "identity provider"
    BOUNDARY = "permissions boundary"
    ROLE = "role"
    TRUST = "trust"
    PERMISSIONS = "permissions"


@dataclass(frozen=True, slots=True)
class CiRole:
    """One role: `job` is the GitHub environment whose jobs may take it; trust and permissions are IAM policies."""

    name: str
    arn: str
    job: str
    trust: Document
    permissions: Document


@dataclass(frozen=True, slots=True)
class Boundary:
    """The permissions boundary of the function's role: a managed policy."""

    name: str
    arn: str
    policy: Document


@dataclass(frozen=True, slots=True)
class CiAccessPlan:
    """All that CI needs in one account for one environment; the identity provider belongs to the account."""

    provider: str
    boundary: Boundary
    roles: tuple[CiRole, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is not as it must be.

    With `found`, somebody has changed it since hybridctl made it: it stays as it is unless that is asked for.
    """

    part: CiPart
    role: str = ""
    found: Document | None = None


def ci_access(names: Names, place: Place, subject: Subject, *, is_protected: bool) -> CiAccessPlan:
    """The role that deploys, and where releases are planned before they are approved one that only reads."""
    arns = Arns(names, place)
    table = list(grants(names, place, bounded=True))
    name = arns.boundary.pattern.rpartition("/")[2]
    bound = Boundary(name, arns.boundary.pattern, boundary(names, place))
    roles = [_role(arns, subject, names.environment, select(table, Reach.PLAN, Reach.DEPLOY))]
    if is_protected:
        roles.append(_role(arns, subject, f"plan-{names.environment}", select(table, Reach.PLAN)))
    return CiAccessPlan(identity_provider(place).pattern, bound, tuple(roles))


def digest(policy: Document) -> str:
    """A short text that changes with what the policy says; it is kept as a tag of the role."""
    return hashlib.sha256(canonical(policy).encode()).hexdigest()[:32]


def _role(arns: Arns, subject: Subject, job: str, statements: Sequence[Grant]) -> CiRole:
    name = f"{arns.names.project}-ci-{job}"
    return CiRole(
        name=name,
        arn=arns.iam(f"role/{name}"),
        job=job,
        trust=_trust(arns.place, subject, job),
        permissions=document(statements),
    )


def _trust(place: Place, subject: Subject, job: str) -> Document:
    """One environment of one repository, on one branch; elsewhere than in AWS's commercial regions on any branch."""
    claims = {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject.of(job)}
    if place.partition == COMMERCIAL:
        claims[f"{ISSUER}:ref"] = subject.ref
    trusted = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": identity_provider(place).pattern},
        "Condition": {"StringEquals": claims},
    }
    return {"Version": VERSION, "Statement": [trusted]}
