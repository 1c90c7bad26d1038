"""The roles for CI: whom each one trusts and what it may do. CI never gets an access key.

Sources: https://docs.github.com/actions/reference/security/oidc (the claims of a job's token) and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif (the
claims that a trust policy can check: `sub`, `aud` and, in AWS's commercial regions, GitHub's `ref`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from hybridctl.domain.environment import COMMERCIAL, Names, Place
from hybridctl.domain.iam.arns import Arns
from hybridctl.domain.iam.boundary import boundary
from hybridctl.domain.iam.grants import ISSUER, Grant, Reach, grants, identity_provider
from hybridctl.domain.iam.policy import VERSION, Document, canonical, document, select
from hybridctl.domain.iam.subject import Subject

AUDIENCE = "sts.amazonaws.com"


@unique
class CiPart(StrEnum):
    """The parts of CI's access, in the order in which they are created."""

    PROVIDER = "identity provider"
    BOUNDARY = "permissions boundary"
    ROLE = "role"
    TRUST = "trust"
    PERMISSIONS = "permissions"


@dataclass(frozen=True, slots=True)
class CiRole:
    """A role. `job` is the GitHub environment whose jobs may assume it; `trust` and `permissions` are IAM policies."""

    name: str
    arn: str
    job: str
    trust: Document
    permissions: Document


@dataclass(frozen=True, slots=True)
class Boundary:
    """The permissions boundary of the function's role, a managed policy."""

    name: str
    arn: str
    policy: Document


@dataclass(frozen=True, slots=True)
class CiAccessPlan:
    """Everything that CI needs in one account for one environment. The identity provider belongs to the account."""

    provider: str
    boundary: Boundary
    roles: tuple[CiRole, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is missing or wrong.

    If `found` is set, somebody changed the part after hybridctl created it. It is replaced only on request.
    """

    part: CiPart
    role: str = ""
    found: Document | None = None


def ci_access(names: Names, place: Place, subject: Subject, *, is_protected: bool) -> CiAccessPlan:
    """Return the access for CI: a role that deploys and, for a protected environment, a read-only role for plans."""
    arns = Arns(names, place)
    table = list(grants(names, place, bounded=True))
    name = arns.boundary.pattern.rpartition("/")[2]
    bound = Boundary(name, arns.boundary.pattern, boundary(names, place))
    roles = [_role(arns, subject, names.environment, select(table, Reach.PLAN, Reach.DEPLOY))]
    if is_protected:
        roles.append(_role(arns, subject, f"plan-{names.environment}", select(table, Reach.PLAN)))
    return CiAccessPlan(identity_provider(place).pattern, bound, tuple(roles))


def digest(policy: Document) -> str:
    """Return a short hash of a policy. It is stored as a tag of the role."""
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
    """Trust one environment of one repository, on one branch; outside AWS's commercial regions, on any branch."""
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
