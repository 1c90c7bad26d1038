"""What one screen tells of an environment, and the one word that it comes to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from hybridctl.domain.alarms import AlarmsReport
from hybridctl.domain.drift import Drift
from hybridctl.domain.environment import Place
from hybridctl.domain.metrics.last_hour import LastHour
from hybridctl.domain.release import Alias, Claim, Release


@unique
class Verdict(StrEnum):
    """The gravest thing that is true, in this order; `UNKNOWN` when a part could not be read and none was bad."""

    NOT_DEPLOYED = "not deployed"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"
    DRIFTED = "drifted"
    UNFINISHED = "unfinished"
    RELEASING = "releasing"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of the handler and of its table; `error` says why there was none."""

    ok: bool
    milliseconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Environments of the live alias that are kept warm: how many were asked for, and how many are ready."""

    wanted: int
    ready: int
    state: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part that could not be read, why, and what to do about it."""

    what: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """One screen. A part is None where there is none, where it was not asked for, or where it is among `troubles`.

    `orphaned` says that the process of the `running` release has died on this host.
    """

    place: Place
    verdict: Verdict
    at: datetime
    endpoint: str | None = None
    alias: Alias | None = None
    is_alias_gone: bool = False
    newest: int | None = None
    release: Release | None = None
    running: Release | None = None
    orphaned: bool = False
    health: Health | None = None
    alarms: AlarmsReport | None = None
    last_hour: LastHour | None = None
    provisioned: Provisioned | None = None
    drift: Drift | None = None
    troubles: tuple[Trouble, ...] = ()


def verdict_of(
    *,
    is_deployed: bool,
    is_alias_gone: bool,
    health: Health | None,
    alarms: AlarmsReport | None,
    claim: Claim | None,
    drift: Drift | None,
    troubles: tuple[Trouble, ...],
) -> Verdict:
    """The one word for what was read."""
    if not is_deployed and not troubles:
        return Verdict.NOT_DEPLOYED
    if is_alias_gone or (health is not None and not health.ok) or (alarms is not None and not alarms.is_well):
        return Verdict.UNHEALTHY
    if troubles:
        return Verdict.UNKNOWN
    if drift is not None and drift.resources:
        return Verdict.DRIFTED
    if claim is not None:
        return Verdict.UNFINISHED if claim.orphaned else Verdict.RELEASING
    return Verdict.HEALTHY
