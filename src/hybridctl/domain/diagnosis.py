"""What `doctor` finds: one finding for each prerequisite, with its fix."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One prerequisite as it was found; `fix` is the next thing to type or do."""

    name: str
    level: Level
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    environment: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(finding.level is not Level.FAIL for finding in self.findings)
