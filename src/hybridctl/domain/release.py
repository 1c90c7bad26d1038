"""Versions, the alias that serves one of them, and the record of each move between them."""

from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum, unique
from typing import Self

from hybridctl.domain.provisioned import Provisioned
from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Alias:
    """What the alias serves; `weights` are shares of 1 given to other versions, `revision` guards an update."""

    name: str
    version: int
    revision: str
    weights: dict[int, float] = field(default_factory=dict)

    def serves_only(self, version: int) -> bool:
        return self.version == version and not self.weights

    @property
    def held_at(self) -> int | None:
        """The other version that every request still goes to; None where this alias's own version gets some."""
        return next((version for version, share in self.weights.items() if share >= 1), None)

    @property
    def served(self) -> int:
        """The version that requests reach, or with a canary the one that most of them do."""
        return self.held_at or self.version

    def is_allocating(self, provisioned: Provisioned | None) -> bool:
        """Whether the weights are Lambda's own: it keeps all traffic at the version before until this one is warm.

        Only with provisioned concurrency, and also once its allocation has failed. A person or a canary never gives
        all traffic to the additional version. Source: hashicorp/terraform-provider-aws pull request 48116.
        """
        return self.held_at is not None and provisioned is not None and provisioned.wanted > 0


@dataclass(frozen=True, slots=True)
class Version:
    """A published, immutable version; `sha256` is Lambda's base64 hash of its package, `size` is in bytes."""

    number: int
    sha256: str
    size: int
    published: datetime
    memory_mb: int
    description: str = ""


class _OpenEnum(StrEnum):
    """Words of a record that newer versions write too: a word that is not ours becomes a member that is unknown.

    It keeps its word, is equal to no member, and is written back as it was.
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
    """How a release ended; `RUNNING` is also what a killed one leaves behind."""

    RUNNING = "running"
    LIVE = "live"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    TAKEN_BACK = "taken-back"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"


@unique
class Kind(_OpenEnum):
    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Source:
    """The commit a release was made from.

    `dirty` when the work tree had changes of its own, or the package holds what the commit does not. `doubt` says why
    git could not tell: then nobody knows whether the commit is the code.
    """

    commit: str | None = None
    dirty: bool = False
    doubt: str = ""

    @property
    def mark(self) -> str:
        """What stands behind the commit: "?" for unknown, "+" for modified, "" for exactly this commit."""
        return "?" if self.doubt else "+" if self.commit and self.dirty else ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the pipeline as it went: `seconds` of wall time, `detail` as it was shown."""

    name: str
    outcome: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WorkerMove:
    """The versions of a worker before and after a release: what its alias goes back to, and what it is to serve."""

    name: str
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Rollout:
    """A release that shares the traffic between `old` and `new`: as it was last written down, just before each move.

    `since` is when the new version was first given a share; `waiting` says that nobody watches it and that it waits for
    `promote` or `abort`; `red_before` are the alarms that were red before the release began.
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
    """Who took a rollout over to end it, and how; `verb` is promote or abort."""

    verb: str
    actor: str
    host: str
    at: datetime

    @property
    def past(self) -> str:
        return {"promote": "promoted", "abort": "aborted"}.get(self.verb, self.verb)


@dataclass(frozen=True, slots=True)
class Release:
    """The record of one change of an environment, started before the change and finished after it.

    `plan_id` tells the applied plan from any other, `allowed` is what of the policy was waived for it, `serial` the
    state that it made. The verdicts are in the steps: what proof, watch and verification found. `workers` are moved
    with the function; an environment that has none does not mention them.
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
    """An object among the records that is none, or none that can be understood: its key, and why.

    `id` is the release's that its name tells; "" for an object that has no record's name.
    """

    key: str
    reason: str
    id: str = ""

    def __str__(self) -> str:
        return f"unreadable: {self.key}: {self.reason}"


@dataclass(frozen=True, slots=True)
class UnreadableClaim:
    """A claim that does not say whose it is; `age` is in seconds, `tag` tells this writing of it from any other."""

    key: str
    reason: str
    written: datetime
    age: float
    tag: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What holds an environment: a release, `tag` telling this writing of it from any other.

    `orphaned` is true once the process that wrote it has died on this host.
    """

    release: Release
    tag: str
    orphaned: bool = False

    @property
    def abandoned(self) -> bool:
        """Whether the next release may simply take its place: dead, and no rollout that waits to be ended."""
        return self.orphaned and (self.release.outcome is not Outcome.RUNNING or self.release.rollout is None)
