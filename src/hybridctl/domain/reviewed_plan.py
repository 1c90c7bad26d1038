"""A reviewed plan: saved with everything that it was made from, and applied only if that is unchanged."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan was made from. `lineage` and `serial` are those of Terraform's state, "" and 0 without a state."""

    environment: str
    account: str
    region: str
    build: str
    package_sha256: str
    commit: str
    engine: str
    lineage: str
    serial: int


@dataclass(frozen=True, slots=True)
class ReviewedPlan:
    """Everything that `deploy --plan` needs: Terraform's saved plan, the zip, and the providers' lock file.

    `variables` are shown to the reader; Terraform's plan already contains them. `digest` is the hex SHA-256 of the
    file, "" before it is written.
    """

    ground: Ground
    actor: str
    made: datetime
    plan: bytes
    package: bytes
    locks: bytes | None
    variables: Mapping[str, str]
    digest: str = ""


def find_differences(then: Ground, now: Ground) -> list[str]:
    """Return what has changed since then, each as "name: then → now"."""
    return [
        f"{field.name.replace('_', ' ')}: {getattr(then, field.name) or 'none'} → {getattr(now, field.name) or 'none'}"
        for field in fields(Ground)
        if getattr(then, field.name) != getattr(now, field.name)
    ]
