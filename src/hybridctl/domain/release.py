"""Versions, the alias, and the records of releases."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum, unique
from typing import Self

from hybridctl.domain.provisioned import Provisioned

UNPUBLISHED = 0  # $LATEST: Lambda counts published versions from 1


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias. `weights` are the shares (of 1) of other versions; `revision` guards an update.

    `version` is UNPUBLISHED if somebody pointed it to $LATEST, as Lambda allows.
    """

    name: str
    version: int
    revision: str
    weights: dict[int, float] = field(default_factory=dict)

    def serves_only(self, version: int) -> bool:
        return self.version == version and not self.weights

    @property
    def held_at(self) -> int | None:
        """The other version that still gets all requests, or None if the alias's own version gets some."""
        return next((version for version, share in self.weights.items() if share >= 1), None)

    @property
    def served(self) -> int:
        """The version that requests reach; with a canary, the alias's own version."""
        return self.held_at or self.version

    def is_allocating(self, provisioned: Provisioned | None) -> bool:
        """Whether Lambda set the weights: it keeps all traffic on the previous version until this one is warm.

        This happens only with provisioned concurrency, and remains after a failed allocation. A person or a canary
        never gives all traffic to the additional version. Source: hashicorp/terraform-provider-aws pull request 48116.
        """
        return self.held_at is not None and provisioned is not None and provisioned.wanted > 0


@dataclass(frozen=True, slots=True)
class Version:
    """A published, immutable version. `sha256` is Lambda's base64 hash of its package; `size` is in bytes."""

    number: int
    sha256: str
    size: int
    published: datetime
    memory_mb: int
    description: str = ""


class _OpenEnum(StrEnum):
    """An enum for records that a newer hybridctl may have written. An unknown value becomes an unknown member.

    It keeps its value, equals no other member, and is written back unchanged.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        made = str.__new__(cls, value)
        made._name_ = f"unknown {value}"
        made._value_ = value
        return made


@unique
class Outcome(_OpenEnum):
    """How a release ended. A release that was killed also stays `RUNNING`."""

    RUNNING = "running"
    LIVE = "live"
    FAILED = "failed"
    TAKEN_BACK = "taken-back"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The outcome in words; records and JSON output contain the value."""
        return "rolled back" if self is Outcome.TAKEN_BACK else self.value.replace("-", " ")


@unique
class Kind(_OpenEnum):
    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Source:
    """The commit of a release.

    `dirty` is true if the work tree had changes, or if the package contains something that the commit does not. `doubt`
    says why git could not answer; then it is unknown whether the commit matches the code.
    """

    commit: str | None = None
    dirty: bool = False
    doubt: str = ""

    @property
    def mark(self) -> str:
        """The suffix of the commit: "?" for unknown, "+" for modified, "" for exactly this commit."""
        return "?" if self.doubt else "+" if self.commit and self.dirty else ""


@dataclass(frozen=True, slots=True)
class Step:
    """A finished step of a release. `seconds` is wall time; `detail` is the displayed text."""

    name: str
    outcome: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WorkerMove:
    """A worker's versions before and after a release. An automatic rollback moves its alias back to `before`."""

    name: str
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Rollout:
    """A release that splits traffic between `old` and `new`, as recorded just before each shift.

    `since` is the time when the new version first got traffic. `waiting` is true if nothing watches the rollout and it
    waits for `promote` or `abort`. `red_before` are the alarms that were red before the release began.
    """

    strategy: str
    old: int
    new: int
    share: float = 0.0
    since: datetime | None = None
    waiting: bool = False
    stop_alarms: tuple[str, ...] = ()
    red_before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Who ended a rollout from another process, and how. `verb` is promote or abort."""

    verb: str
    actor: str
    host: str
    at: datetime

    @property
    def past(self) -> str:
        return {"promote": "promoted", "abort": "aborted"}.get(self.verb, self.verb)


@dataclass(frozen=True, slots=True)
class Release:
    """The record of one change of an environment. It is written before the change and completed after it.

    `plan_id` identifies the applied plan, `allowed` lists the waived policy rules, and `serial` is the serial of the
    resulting state. The steps contain the verdicts of proof, watch and verification. `workers` move with the function;
    the field is left out for an environment without workers.
    """

    id: str
    kind: Kind
    environment: str
    account: str
    actor: str
    host: str
    started: datetime
    outcome: Outcome = Outcome.RUNNING
    finished: datetime | None = None
    source: Source = field(default_factory=Source)
    reason: str = ""
    build: str | None = None
    package_sha256: str | None = None
    version_before: int | None = None
    version_after: int | None = None
    changes: str = ""
    plan_id: str | None = None
    allowed: tuple[str, ...] = ()
    engine: str = ""
    serial: int | None = None
    verified: bool = False
    steps: tuple[Step, ...] = ()
    message: str = ""
    rollout: Rollout | None = None
    decision: Decision | None = None
    workers: tuple[WorkerMove, ...] = ()

    def finish(self, outcome: Outcome, at: datetime, *, message: str = "") -> "Release":
        return replace(self, outcome=outcome, finished=at, message=message)


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """An object among the records that is not a readable record: its key, and the reason.

    `id` is the release id from the object's name, "" if the name is not that of a record.
    """

    key: str
    reason: str
    id: str = ""

    def __str__(self) -> str:
        return f"unreadable: {self.key}: {self.reason}"


@dataclass(frozen=True, slots=True)
class UnreadableClaim:
    """A claim without a readable holder. `age` is in seconds; `tag` identifies this write of the claim."""

    key: str
    reason: str
    written: datetime
    age: float
    tag: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim on an environment: its release, and the `tag` that identifies this write.

    `orphaned` is true if the process that wrote it has died on this host.
    """

    release: Release
    tag: str
    orphaned: bool = False

    @property
    def abandoned(self) -> bool:
        """Whether the next release may replace the claim: its process is dead, and no rollout waits for promote or
        abort.
        """
        return self.orphaned and (self.release.outcome is not Outcome.RUNNING or self.release.rollout is None)
