"""All facts that are read from an environment before it is judged. A fact that could not be read is marked as
unread.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from hybridctl.domain.alarms import AlarmsReport
from hybridctl.domain.drift import Drift
from hybridctl.domain.environment import Place
from hybridctl.domain.function import Function
from hybridctl.domain.http_api import HttpApi
from hybridctl.domain.metrics.last_hour import LastHour
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias, Claim, Release
from hybridctl.domain.state_lock import StateLock
from hybridctl.domain.status import Health
from hybridctl.domain.table import TableSettings
from hybridctl.domain.tfstate import Resources

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read, and why. `hint` is the hint of the error."""

    what: str
    hint: str = ""


Read: TypeAlias = T | Unread


@dataclass(frozen=True, slots=True)
class Stored:
    """Terraform's state: its outputs and resources, None if there are none. `unpushed` is a state file left on disk."""

    outputs: Outputs | None = None
    resources: Resources | None = None
    unpushed: Path | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is deployed according to the state."""
        return self.outputs is None and not (self.resources and self.resources.found)


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group. `retention` is in days, None if events never expire."""

    name: str
    retention: int | None = None


@dataclass(frozen=True, slots=True)
class WorkerFact:
    """A worker: its alias and its newest version, None if missing."""

    name: str
    alias: Alias | None
    newest: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one environment, each read separately. None means "there is none"; Unread means "we do not know".

    `published` are the numbers of all versions. `unpublished` is the function as the next release would publish it
    ($LATEST). `history` is oldest first and goes back at least to the last release that made a version live. `drift` is
    None if it was not requested.
    """

    place: Place
    stored: Read[Stored]
    alias: Read[Alias | None]
    claim: Read[Claim | None] = None
    lock: Read[StateLock | None] = None
    history: Read[tuple[Release, ...]] = ()
    unreadable_records: tuple[str, ...] = ()
    published: Read[tuple[int, ...]] = ()
    function: Read[Function | None] = None
    unpublished: Read[Function | None] = None
    provisioned: Read[Provisioned | None] = None
    policy: Read[Mapping[str, Any] | None] = None
    api: Read[HttpApi | None] = None
    tables: Read[Mapping[str, TableSettings | None]] = field(default_factory=dict)
    log_groups: Read[Mapping[str, LogGroup | None]] = field(default_factory=dict)
    alarms: Read[AlarmsReport] | None = None
    last_hour: Read[LastHour] | None = None
    health: Read[Health] | None = None
    workers: Read[tuple[WorkerFact, ...]] = ()
    drift: Read[Drift] | None = None

    @property
    def is_deployed(self) -> bool:
        """Whether there is something to check. Facts that could not be read count as deployed."""
        if isinstance(self.stored, Unread) or isinstance(self.alias, Unread):
            return True
        return not self.stored.is_empty or self.alias is not None

    @property
    def outputs(self) -> Outputs | None:
        return None if isinstance(self.stored, Unread) else self.stored.outputs

    @property
    def resources(self) -> Resources:
        found = None if isinstance(self.stored, Unread) else self.stored.resources
        return found or Resources(())


class NotRead(Exception):
    """A check needs a fact that could not be read."""

    def __init__(self, fact: Unread) -> None:
        super().__init__(fact.what)
        self.fact = fact


def require(fact: Read[T]) -> T:
    """Return the fact. Raises NotRead if it could not be read."""
    if isinstance(fact, Unread):
        raise NotRead(fact)
    return fact


def value_or_none(fact: Read[T]) -> T | None:
    """Return the fact, or None if it could not be read."""
    return None if isinstance(fact, Unread) else fact
