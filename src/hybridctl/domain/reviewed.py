"""A saved plan as it is reviewed and applied later: with all that it was made from, and only while that still holds."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from hybridctl.values import dataclass

PLAN_LIMIT = 32 * 2**20  # of Terraform's own plan, which has some tens of kilobytes


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan was made from; `lineage` and `serial` are the Terraform state's, empty and 0 where there was none."""

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
class StatePosition:
    """Which state, and how often it has been written."""

    lineage: str
    serial: int


@dataclass(frozen=True, slots=True)
class ReviewedPlan:
    """Everything that `deploy --plan` needs: Terraform's saved plan, the zip it deploys, and the providers' lock file.

    `variables` are those the plan was made with, for the reader; they are inside Terraform's plan already. `digest` is
    the SHA-256 of the file it was read from, in hex; "" for one that is not written yet.
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
    """What is no longer as it was, each as "name: then → now"."""
    return [
        f"{field.name.replace('_', ' ')}: {getattr(then, field.name) or 'none'} → {getattr(now, field.name) or 'none'}"
        for field in fields(Ground)
        if getattr(then, field.name) != getattr(now, field.name)
    ]
