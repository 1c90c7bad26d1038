"""Read the situation before a deploy: what serves, what the history says, and what the newest versions run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hybridctl.domain.history import mark_of
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.package import Package
from hybridctl.domain.release import Alias, Release, Version
from hybridctl.operations.identity import find_other_code
from hybridctl.operations.read_ahead import read_ahead
from hybridctl.operations.record import is_recorded
from hybridctl.operations.workers import WorkerPorts, find_lagging, read_lineup
from hybridctl.ports.release import HasJournal

_RECENT = 30  # releases; what was taken away before those has been replaced many times


class SituationPorts(HasJournal, WorkerPorts, Protocol):
    """The ports that reading the situation uses."""


@dataclass(frozen=True, slots=True)
class LiveTraffic:
    """The alias (None before a first deploy), whether the history agrees with it, and the newest releases, oldest
    first.

    `mark` distinguishes this history from a longer one.
    """

    alias: Alias | None
    recorded: bool = True
    recent: Sequence[Release] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """The newest version if it does not run the package, and the workers that are behind."""

    other: Version | None = None
    lagging: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """Both parts, read in the background: each raises its error when it is asked for."""

    traffic: Callable[[], LiveTraffic]
    code: Callable[[], Code]


def read_situation(backend: SituationPorts, package: Package, outputs: Outputs | None) -> Situation:
    return Situation(
        read_ahead(lambda: _read_traffic(backend)), read_ahead(lambda: _read_code(backend, package, outputs))
    )


def _read_traffic(backend: SituationPorts) -> LiveTraffic:
    recent = backend.journal.releases(_RECENT)
    mark = mark_of(recent)  # before the alias is read: what changes it afterwards also changes the mark
    alias = backend.functions.live()
    if alias is None:
        return LiveTraffic(None, mark=mark)
    return LiveTraffic(alias, is_recorded(backend.journal, read_lineup(backend, alias), recent), recent, mark)


def _read_code(backend: SituationPorts, package: Package, outputs: Outputs | None) -> Code:
    if outputs is None:
        return Code()
    other = find_other_code(backend.functions, outputs.newest_version, package)
    return Code(other, find_lagging(backend, package))
