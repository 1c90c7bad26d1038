"""The content of an environment's status screen."""

from __future__ import annotations  # facts use the values below

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hybridctl.domain.diagnosis import Finding, HealthVerdict, Level

if TYPE_CHECKING:
    from hybridctl.domain.alarms import AlarmsReport
    from hybridctl.domain.drift import Drift
    from hybridctl.domain.environment import Place
    from hybridctl.domain.metrics.last_hour import LastHour
    from hybridctl.domain.provisioned import Provisioned
    from hybridctl.domain.release import Alias, Release


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the handler and its table. `error` says why a check failed."""

    ok: bool
    milliseconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The status screen: the verdict, its findings, and the next command ("" if everything is healthy).

    The other fields are figures, None if there are none or if a finding says that they are unknown. `dashboard_url` and
    `log_url` are URLs of the AWS console.
    """

    place: Place
    verdict: HealthVerdict
    at: datetime
    findings: tuple[Finding, ...] = ()
    next: str = ""
    endpoint: str | None = None
    alias: Alias | None = None
    newest: int | None = None
    release: Release | None = None
    running: Release | None = None
    health: Health | None = None
    alarms: AlarmsReport | None = None
    last_hour: LastHour | None = None
    provisioned: Provisioned | None = None
    drift: Drift | None = None
    dashboard_url: str | None = None
    log_url: str | None = None

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings that are not OK, in the order in which to fix them."""
        return tuple(one for one in self.findings if one.level not in (Level.OK, Level.SKIPPED))
