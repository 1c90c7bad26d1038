"""What `doctor` finds: one finding for each thing it looks at, with its fix."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing as it was found; `fix` is the next thing to type or do, `mended` what --fix has done about it."""

    name: str
    level: Level
    detail: str
    fix: str = ""
    mended: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    environment: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(finding.level is not Level.FAIL for finding in self.findings)

    def count(self, level: Level) -> int:
        return sum(finding.level is level for finding in self.findings)


def ok(name: str, detail: str) -> Finding:
    return Finding(name, Level.OK, detail)


def warn(name: str, detail: str, fix: str = "") -> Finding:
    return Finding(name, Level.WARN, detail, fix)


def fail(name: str, detail: str, fix: str = "") -> Finding:
    return Finding(name, Level.FAIL, detail, fix)
