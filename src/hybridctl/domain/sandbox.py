"""The state of the sandbox's server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key id and secret for signing calls. `token` is set for the session of a role."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """The status of a sandbox. If it does not run, only `home` is known (and `pid`, if it hangs)."""

    home: Path
    running: bool = False
    pid: int | None = None
    port: int | None = None
    endpoint: str | None = None
    key: AccessKey | None = None
    account: str | None = None
    region: str | None = None
    emulator: str | None = None
    started: datetime | None = None
    reattach: Mapping[str, object] = field(default_factory=dict)


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
class ServerLog:
    """The last lines of the server's log."""

    lines: tuple[str, ...]


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
