"""Findings: what a check found, how serious it is, and the next command."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Level(StrEnum):
    """The severity of a finding. `BUSY`: a change is in progress. `UNKNOWN`: it could not be read. `SKIPPED`: it was
    not requested.
    """

    OK = "ok"
    SKIPPED = "skipped"
    BUSY = "busy"
    WARN = "warn"
    UNKNOWN = "unknown"
    FAIL = "fail"


@unique
class HealthVerdict(StrEnum):
    """The overall verdict on an environment; docs/verdicts.md explains each one."""

    NOT_DEPLOYED = "not deployed"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"
    DEGRADED = "degraded"
    RELEASING = "releasing"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `fix` is the next command; `fixed` is what --fix did."""

    name: str
    level: Level
    detail: str
    fix: str = ""
    fixed: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings of `doctor`. `verdict` is the verdict that `status` shows for the environment."""

    environment: str
    findings: tuple[Finding, ...]
    verdict: HealthVerdict | None = None

    @property
    def ok(self) -> bool:
        """Whether no finding failed or is unknown, and `status` would not exit with 5."""
        if any(finding.level in (Level.FAIL, Level.UNKNOWN) for finding in self.findings):
            return False
        return self.verdict is not HealthVerdict.DEGRADED

    def count(self, *levels: Level) -> int:
        return sum(finding.level in levels for finding in self.findings)


def verdict_of(findings: Iterable[Finding], *, is_deployed: bool) -> HealthVerdict:
    """Return the verdict for these findings. The most serious finding decides."""
    levels = {finding.level for finding in findings}
    if not is_deployed and not levels & {Level.UNKNOWN, Level.BUSY, Level.FAIL}:
        return HealthVerdict.NOT_DEPLOYED
    for level, verdict in _WORST_FIRST:
        if level in levels:
            return verdict
    return HealthVerdict.HEALTHY


_WORST_FIRST = (
    (Level.FAIL, HealthVerdict.UNHEALTHY),
    (Level.UNKNOWN, HealthVerdict.UNKNOWN),
    (Level.WARN, HealthVerdict.DEGRADED),
    (Level.BUSY, HealthVerdict.RELEASING),
)


def next_command(findings: Iterable[Finding]) -> str:
    """Return the first command to run. Findings are in the order in which they have to be fixed."""
    wrong = [finding for finding in findings if finding.fix and finding.level not in (Level.OK, Level.SKIPPED)]
    urgent = [finding for finding in wrong if finding.level is not Level.BUSY] or wrong
    return urgent[0].fix if urgent else ""


def ok(name: str, detail: str) -> Finding:
    return Finding(name, Level.OK, detail)


def skip(name: str, detail: str, fix: str = "") -> Finding:
    return Finding(name, Level.SKIPPED, detail, fix)


def busy(name: str, detail: str, fix: str = "") -> Finding:
    return Finding(name, Level.BUSY, detail, fix)


def warn(name: str, detail: str, fix: str = "") -> Finding:
    return Finding(name, Level.WARN, detail, fix)


def unknown(name: str, detail: str, fix: str = "") -> Finding:
    return Finding(name, Level.UNKNOWN, detail, fix)


def fail(name: str, detail: str, fix: str = "") -> Finding:
    return Finding(name, Level.FAIL, detail, fix)
