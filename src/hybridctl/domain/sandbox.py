"""The local environment's server, as it is found."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum, unique
from pathlib import Path

from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A pair of id and secret that signs calls; with `token`, of a role's session."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """What is known of one sandbox; while it does not run only `home` (and `pid`, when it hangs) are known."""

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
    """Whose permissions are rehearsed."""

    ENGINEER = "engineer"
    CI = "ci"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class RehearsalKey:
    """The key of a user of the sandbox who may do what `role` may in AWS."""

    role: RehearsedRole
    key: AccessKey


@dataclass(frozen=True, slots=True)
class ServerLog:
    """The last lines of the server's own log."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that AWS does and the sandbox does otherwise: it cannot be rehearsed."""

    service: str
    aws: str
    here: str


@dataclass(frozen=True, slots=True)
class SandboxGaps:
    """What a rehearsal cannot show: differences from AWS, and all that Terraform can make in the sandbox."""

    differences: tuple[Difference, ...]
    resources: tuple[str, ...]
    data_sources: tuple[str, ...]
