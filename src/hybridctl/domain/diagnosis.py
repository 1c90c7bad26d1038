"""Findings: what a check saw of one fact, how serious it is, and the next command."""

from collections.abc import Iterable
from enum import StrEnum, unique

from hybridctl.values import dataclass


@unique
class Level(StrEnum):
    """`BUSY`: somebody changes it right now. `UNKNOWN`: it could not be read. `SKIPPED`: nobody asked."""

    OK = "ok"
    SKIPPED = "skipped"
    BUSY = "busy"
    WARN = "warn"
    UNKNOWN = "unknown"
    FAIL = "fail"


@unique
class HealthVerdict(StrEnum):
    """One word for an environment; docs/verdicts.md says what each means."""

    NOT_DEPLOYED = "not deployed"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"
    DEGRADED = "degraded"
    RELEASING = "releasing"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing as it was found; `fix` is the next command, `mended` what --fix did about it."""

    name: str
    level: Level
    detail: str
    fix: str = ""
    mended: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that `doctor` looked at; `verdict` is the word that `status` has for the environment."""

    environment: str
    findings: tuple[Finding, ...]
    verdict: HealthVerdict | None = None

    @property
    def ok(self) -> bool:
        """Nothing failed or is unknown, and `status` would not exit with 5."""
        if any(finding.level in (Level.FAIL, Level.UNKNOWN) for finding in self.findings):
            return False
        return self.verdict is not HealthVerdict.DEGRADED

    def count(self, *levels: Level) -> int:
        return sum(finding.level in levels for finding in self.findings)


def verdict_of(findings: Iterable[Finding], *, is_deployed: bool) -> HealthVerdict:
    """The one word for these findings: the worst of them decides."""
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
    """What to type first. Findings come in the order in which they have to be solved, so the first fix is the one."""
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
