"""Everything that is read of an environment before anybody judges it; what could not be read says so."""

from collections.abc import Mapping
from dataclasses import field
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
from hybridctl.domain.status import Health
from hybridctl.domain.table import TableSettings
from hybridctl.domain.tfstate import Resources, StateLock
from hybridctl.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read, and why; `hint` is what the error advised."""

    what: str
    hint: str = ""


Read: TypeAlias = T | Unread


@dataclass(frozen=True, slots=True)
class Stored:
    """Terraform's state: its outputs and resources, None where there are none; `unpushed` is a state left on disk."""

    outputs: Outputs | None = None
    resources: Resources | None = None
    unpushed: Path | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is deployed, as far as the state says."""
        return self.outputs is None and not (self.resources and self.resources.found)


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group as it is; `retention` in days, None where events are kept for ever."""

    name: str
    retention: int | None = None


@dataclass(frozen=True, slots=True)
class WorkerFact:
    """A worker as it serves: its alias, and its newest version; None where there is none."""

    name: str
    alias: Alias | None
    newest: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one environment, each read on its own. None means "there is none", and Unread "we do not know".

    `published` are the numbers of all versions. `unpublished` is the function as the next release would publish it
    ($LATEST). `history` is oldest first and reaches back at least to
    the last release that made a version live. `drift` is None where nobody asked for it.
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
        """Whether there is something to check: what could not be read counts as being there."""
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
    """The fact; NotRead where it could not be read."""
    if isinstance(fact, Unread):
        raise NotRead(fact)
    return fact


def value_or_none(fact: Read[T]) -> T | None:
    """The fact, or None where it could not be read."""
    return None if isinstance(fact, Unread) else fact
