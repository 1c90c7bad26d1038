"""What one screen shows of an environment."""

from __future__ import annotations  # facts are made of the values below

from datetime import datetime
from typing import TYPE_CHECKING

from hybridctl.domain.diagnosis import Finding, HealthVerdict, Level
from hybridctl.values import dataclass

if TYPE_CHECKING:
    from hybridctl.domain.alarms import AlarmsReport
    from hybridctl.domain.drift import Drift
    from hybridctl.domain.environment import Place
    from hybridctl.domain.metrics.last_hour import LastHour
    from hybridctl.domain.provisioned import Provisioned
    from hybridctl.domain.release import Alias, Release


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of the handler and of its table; `error` says why there was none."""

    ok: bool
    milliseconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """One screen: the verdict, the findings it rests on, and the command to type next ("" when everything is healthy).

    The other parts are figures to look at, None where there are none or where a finding says that they are unknown.
    `dashboard_url` and `log_url` are pages of AWS's console.
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
        """What is not as it should be, in the order in which to solve it."""
        return tuple(one for one in self.findings if one.level not in (Level.OK, Level.SKIPPED))
