"""What a rehearsal in the sandbox shows: the permissions of a role, and the differences from AWS."""

from dataclasses import dataclass
from enum import StrEnum, unique

from hybridctl.domain.sandbox import AccessKey


@unique
class RehearsedRole(StrEnum):
    """The role whose permissions are rehearsed."""

    ENGINEER = "engineer"
    CI = "ci"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class RehearsalKey:
    """The access key of a sandbox user with the permissions that `role` has in AWS."""

    role: RehearsedRole
    key: AccessKey


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between AWS and the sandbox, which cannot be rehearsed."""

    service: str
    aws: str
    here: str


@dataclass(frozen=True, slots=True)
class SandboxGaps:
    """What a rehearsal cannot show: the differences from AWS, and everything that Terraform can create in the
    sandbox.
    """

    differences: tuple[Difference, ...]
    resources: tuple[str, ...]
    data_sources: tuple[str, ...]
