"""Read the state, remove stale locks, and push a state that was left behind."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from hybridctl.domain.release import Claim, Release, UnreadableClaim
from hybridctl.domain.state_lock import StateLock
from hybridctl.domain.stored_state import StateKind, StoredState
from hybridctl.domain.tfstate import Resources
from hybridctl.errors import ClaimUnreadable, LockHeld, NotDeployed, NotFound, ReleaseInProgress
from hybridctl.operations.terraform import InitPorts, init
from hybridctl.ports.release import HasJournal
from hybridctl.ports.run import Clock, Progress

_ALIVE = timedelta(minutes=15)  # a release of another machine that is older than this is not waited for


class StatePorts(InitPorts, HasJournal, Protocol):
    """The ports that work on the state uses."""


@dataclass(frozen=True, slots=True)
class Holders:
    """What blocks an environment: Terraform's lock on the state, and the claim of a release."""

    environment: str
    lock: StateLock | None
    claim: Claim | UnreadableClaim | None


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What was removed; `release` is the one whose record was closed."""

    environment: str
    lock: StateLock | None
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """A state that an apply could not write was pushed, and its `file` was deleted."""

    environment: str
    file: Path


@dataclass(frozen=True, slots=True)
class SetAside:
    """A state that an apply could not write was moved to `file`, where it blocks no further apply."""

    environment: str
    file: Path


@dataclass(frozen=True, slots=True)
class Restorable:
    """A missing or unreadable state, and the newest earlier version that is readable."""

    environment: str
    now: StoredState
    earlier: StoredState


@dataclass(frozen=True, slots=True)
class Restored:
    """The state was restored to an earlier version; the next deploy imports what was created since."""

    environment: str
    serial: int
    written: datetime | None


def find_lock(backend: StatePorts) -> StateLock | None:
    """Return the lock on the state with its holder and age, and whether the holder died on this host."""
    lock = backend.state.lock()
    return None if lock is None else replace(lock, is_dead=backend.terraform.is_dead(lock))


def read_state(backend: StatePorts, progress: Progress) -> Resources:
    name = backend.place.environment
    if backend.state.look().kind in (StateKind.ABSENT, StateKind.EMPTY):
        raise NotDeployed(f"{name} is not deployed, so its state is empty", hint=f"hybridctl deploy {name}")
    init(backend, progress)
    return backend.terraform.resources()


def holders(backend: StatePorts, clock: Clock) -> Holders:
    """Return what holds the environment, if it may be removed.

    Raises NotFound if nothing does, and ReleaseInProgress for a release that may still be running, or a rollout, which
    ends with promote or abort.
    """
    name = backend.place.environment
    lock, claim = find_lock(backend), _claim(backend)
    if isinstance(claim, UnreadableClaim):
        return Holders(name, lock, claim)
    if claim is not None and claim.release.rollout is not None:
        if lock is not None:
            return Holders(name, lock, None)
        raise ReleaseInProgress(
            f"{name}: release {claim.release.id} splits traffic between two versions",
            hint=f"hybridctl promote {name}, or hybridctl abort {name}",
        )
    if lock is None and claim is None:
        raise NotFound(f"{name} is not locked, and no release holds it", hint="there is nothing to unlock")
    if claim is not None and not claim.orphaned and clock.now() - claim.release.started < _ALIVE:
        release = claim.release
        raise ReleaseInProgress(
            f"{release.kind} {release.id} of {release.actor} on {release.host} is running and may hold it",
            hint=f"wait until it ends: hybridctl status {name}",
        )
    return Holders(name, lock, claim)


def _claim(backend: StatePorts) -> Claim | UnreadableClaim | None:
    try:
        return backend.journal.claim()
    except ClaimUnreadable as error:
        if isinstance(error.claim, UnreadableClaim):
            return error.claim
        raise


def unlock(backend: StatePorts, found: Holders, progress: Progress, actor: str) -> Unlocked:
    """Remove exactly these; Terraform's lock is removed by the engine, which refuses if it has been replaced."""
    if found.lock is not None and found.lock.unreadable:
        with progress.step("unlock") as step:
            backend.state.remove_lock(found.lock)
            step.done("removed a lock without a holder")
    elif found.lock is not None:
        dead = init(backend, progress)
        if dead is None or dead.id != found.lock.id:
            with progress.step("unlock") as step:
                backend.terraform.unlock(found.lock.id)
                step.done(found.lock.who)
    if found.claim is None:
        return Unlocked(found.environment, found.lock)
    message = f"its claim was removed by {actor}"
    with progress.step("released") as step:
        if isinstance(found.claim, UnreadableClaim):
            closed = backend.journal.remove_claim(found.claim, message)
        else:
            closed = backend.journal.give_up(found.claim, message)
        step.done(f"{closed.kind} {closed.id}, {closed.outcome}" if closed else "removed a claim without a holder")
    return Unlocked(found.environment, found.lock, closed)


def plan_restore(backend: StatePorts) -> Restorable:
    """Return what would be restored. Raises NotFound if the state is readable or has no earlier version, and LockHeld
    if it is locked.
    """
    name, now = backend.place.environment, backend.state.look()
    if now.kind not in (StateKind.ABSENT, StateKind.UNREADABLE):
        position = backend.state.position()  # of one that is encrypted or newer it says what to do
        raise NotFound(
            f"the state of {name} is readable: {now.kind}, serial {position.serial if position else now.serial}",
            hint="there is nothing to restore",
        )
    lock = find_lock(backend)
    if lock is not None:
        raise LockHeld(f"the state of {name} is locked by {lock.who}", hint=f"hybridctl state unlock {name}")
    earlier = backend.state.earlier()
    if earlier is None:
        raise NotFound(
            f"there is no earlier readable state of {name}",
            hint=f"hybridctl deploy {name} imports the objects that carry its names and tags",
        )
    return Restorable(name, now, earlier)


def restore(backend: StatePorts, found: Restorable, progress: Progress) -> Restored:
    with progress.step("restore") as step:
        backend.state.restore(found.earlier)
        step.done(f"serial {found.earlier.serial}")
    return Restored(found.environment, found.earlier.serial, found.earlier.written)


def push_errored(backend: StatePorts, progress: Progress) -> Pushed:
    """Push the state that an apply could not write. Raises NotFound if there is none, and StateMoved if the stored one
    is newer.
    """
    name = backend.place.environment
    left = _must_be_left(backend)
    init(backend, progress)
    with progress.step("push") as step:
        backend.terraform.push_errored()
        step.done(left.name)
    return Pushed(name, left)


def set_errored_aside(backend: StatePorts) -> SetAside:
    """Move that state elsewhere: the next deploy continues from the stored one and imports what it does not know."""
    _must_be_left(backend)
    return SetAside(backend.place.environment, backend.terraform.set_errored_aside())


def _must_be_left(backend: StatePorts) -> Path:
    left = backend.terraform.find_errored_state()
    if left is None:
        name = backend.place.environment
        raise NotFound(f"no apply of {name} left a state behind", hint="there is nothing to push")
    return left
