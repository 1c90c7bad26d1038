"""Release workers together with the API: proven before any alias moves, moved before the API's function, rolled back
after it.

Consumers of a queue move first, so that they understand what the new API sends; in a rollback they move last.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from hybridctl.domain.lineup import Lineup
from hybridctl.domain.package import Package
from hybridctl.domain.release import Alias, Release, WorkerMove
from hybridctl.domain.worker import Worker
from hybridctl.errors import (
    AliasMoved,
    CheckFailed,
    HybridctlError,
    Interrupted,
    NotDeployed,
    OutcomeUnknown,
    ReleaseTakenBack,
    TakenOver,
    Unanswered,
    WatchInconclusive,
)
from hybridctl.operations.identity import IdentityPorts, find_other_code, secure_identity
from hybridctl.operations.move_alias import give_all_to
from hybridctl.operations.proof import prove_version
from hybridctl.operations.take_back import describe, insist, return_to
from hybridctl.operations.traffic import Traffic
from hybridctl.operations.versions import must_be_published
from hybridctl.ports.release import HasWorkers
from hybridctl.ports.run import Progress

_GOES_ON = (WatchInconclusive, TakenOver, Unanswered)  # the release keeps what it has moved


class WorkerPorts(IdentityPorts, HasWorkers, Protocol):
    """The ports that moving workers uses."""


@dataclass(frozen=True, slots=True)
class Member:
    """One worker that moves from `before` to `after`; `allowed` are the versions that its alias may serve meanwhile."""

    traffic: Traffic
    before: int
    after: int
    allowed: frozenset[int]

    @property
    def move(self) -> WorkerMove:
        return WorkerMove(self.traffic.worker, self.before, self.after)

    def prove(self, *, doubt: str = "") -> None:
        """Invoke the new version with each of the worker's events. Raises CheckFailed naming the worker."""
        try:
            prove_version(self.traffic, self.after, None, doubt=doubt)
        except CheckFailed as red:
            red.args = (f"{self.traffic.worker}: {red}", *red.args[1:])
            raise

    def shift(self) -> None:
        """Give the new version all events of the worker's triggers."""
        with self.traffic.progress.step("shift") as step:
            alias = give_all_to(self.traffic, self.after, self.allowed)
            step.done(f"{self.traffic.name_alias(alias)}: version {self.before} → {self.after}")

    def bring_back(self) -> None:
        """Give `after` all events in a rollback, despite a first failure."""
        with self.traffic.progress.step("shift") as step:
            alias = return_to(self.traffic, self.after)
            step.done(f"{self.traffic.name_alias(alias)}: version {self.before} → {self.after}")


def read_aliases(backend: HasWorkers) -> Mapping[str, Alias]:
    """Return the alias of each worker that has one."""
    aliases = {worker.name: backend.workers.functions(worker.name).live() for worker in backend.workers.list_declared()}
    return {name: alias for name, alias in aliases.items() if alias is not None}


def read_lineup(backend: HasWorkers, alias: Alias) -> Lineup:
    """Return the versions that the aliases serve now."""
    return Lineup(alias.version, {name: one.version for name, one in read_aliases(backend).items()})


def find_lagging(backend: HasWorkers, package: Package) -> tuple[str, ...]:
    """Return the workers that do not serve their newest version, or whose newest version is not the package."""
    return tuple(worker.name for worker in backend.workers.list_declared() if _lags(backend, worker, package))


def _lags(backend: HasWorkers, worker: Worker, package: Package) -> bool:
    functions = backend.workers.functions(worker.name)
    alias, versions = functions.live(), functions.versions()
    if alias is None or not versions:
        return True
    newest = versions[-1].number
    return not alias.serves_only(newest) or find_other_code(functions, newest, package) is not None


def gather_members(
    backend: WorkerPorts, progress: Progress, traffic: Traffic, package: Package, lineup: Lineup | None
) -> tuple[Member, ...]:
    """Return each worker with the move to its newest version, which runs the package.

    The way back comes from the history: after a kill the alias may already have moved.
    """
    workers = backend.workers.list_declared()
    return tuple(_member(backend, progress, traffic, package, worker, lineup) for worker in workers)


def _member(
    backend: WorkerPorts, progress: Progress, traffic: Traffic, package: Package, worker: Worker, lineup: Lineup | None
) -> Member:
    functions = backend.workers.functions(worker.name)
    alias, versions = functions.live(), functions.versions()
    if alias is None or not versions:
        raise NotDeployed(
            f"the function of {worker.name}, or its alias, is not there after the apply",
            hint="the HCL has to make both; hybridctl state list shows what there is",
        )
    after = secure_identity(backend, progress, versions[-1].number, package, functions)
    recorded = lineup.workers.get(worker.name) if lineup else None
    before = recorded if recorded in [one.number for one in versions] else alias.served
    assert before is not None  # noqa: S101  (None is no published version)
    allowed = frozenset({before, after, alias.version, *alias.weights})
    return Member(traffic.of_worker(worker, functions), before, after, allowed)


def members_of(backend: HasWorkers, traffic: Traffic, moves: Sequence[WorkerMove]) -> tuple[Member, ...]:
    """Return the workers of a record; one that hybridctl.toml no longer declares is left out.

    Raises VersionNotFound if a version that a worker is to serve no longer exists.
    """
    by_name = {worker.name: worker for worker in backend.workers.list_declared()}
    members = []
    for move in moves:
        worker = by_name.get(move.name)
        if worker is None or move.after is None:
            continue
        functions = backend.workers.functions(move.name)
        must_be_published(functions, move.after, move.name, "hybridctl releases shows what was live")
        alias = functions.live()
        served = {alias.version, *alias.weights} if alias else set()
        before = move.before if move.before is not None else move.after
        allowed = frozenset({before, move.after, *served})
        members.append(Member(traffic.of_worker(worker, functions), before, move.after, allowed))
    return tuple(members)


@contextmanager
def moving_together(members: Sequence[Member]) -> Iterator[None]:
    """Move the workers, then run the block; if it is rolled back or fails, move them back.

    They stay if the release continues without this process, or if it serves but could not be verified.
    """
    moved: list[Member] = []
    try:
        for member in members:
            moved.append(member)  # first: the answer to a move may be lost
            member.shift()
        yield
    except _GOES_ON:
        raise
    except BaseException as cause:
        _take_back(moved, cause)
        raise


def _take_back(moved: Sequence[Member], cause: BaseException) -> None:
    """Move every worker back, even if another one fails, and raise what the caller must know."""
    back, failed = [], []
    for member in reversed(moved):
        traffic = member.traffic
        now = traffic.try_to_read()
        if now is not None and now.serves_only(member.before):
            continue
        try:
            insist(traffic, member.before, member.allowed, cause)
            back.append(f"version {member.before} of {traffic.worker}")
        except AliasMoved:
            continue  # someone else moved it, and answers for it
        except HybridctlError as error:
            failed.append(str(error))
    if failed:
        name = moved[0].traffic.environment
        raise OutcomeUnknown(
            f"{describe(cause)}; {'; '.join(failed)}", hint=f"hybridctl status, then hybridctl rollback {name}"
        ) from cause
    if not back or isinstance(cause, ReleaseTakenBack | Interrupted | OutcomeUnknown | AliasMoved):
        return
    summary = f"{' and '.join(back)} {'serves' if len(back) == 1 else 'serve'} again"
    if isinstance(cause, KeyboardInterrupt):
        raise Interrupted(f"interrupted: {summary}") from cause
    raise ReleaseTakenBack(
        f"{summary}: {describe(cause)}", hint="hybridctl logs --since 5m", result=getattr(cause, "result", None)
    ) from cause


def return_all(members: Sequence[Member]) -> None:
    """Move the workers to the versions of a rollback or an abort; nothing stops this once it began.

    Raises OutcomeUnknown for a worker that could not be moved, after the others were, and Interrupted at the end.
    """
    interrupted: BaseException | None = None
    failed = []
    for member in members:
        try:
            member.bring_back()
        except BaseException as cause:
            interrupted = cause if isinstance(cause, KeyboardInterrupt | Interrupted) else interrupted
            try:
                insist(member.traffic, member.after, member.allowed, cause)
            except HybridctlError as error:
                failed.append(str(error))
    if failed:
        name = members[0].traffic.environment
        raise OutcomeUnknown("; ".join(failed), hint=f"hybridctl status, then hybridctl rollback {name}")
    if interrupted is not None:
        raise Interrupted("interrupted: every worker serves the version it was to go back to") from interrupted


def moves_of(members: Sequence[Member]) -> tuple[WorkerMove, ...]:
    return tuple(sorted((one.move for one in members), key=lambda move: move.name))


def reverse_moves(release: Release) -> tuple[WorkerMove, ...]:
    """Return the function that moves a release's workers back."""
    return tuple(WorkerMove(one.name, one.after, one.before) for one in release.workers if one.before is not None)
