"""Read the state, and take a lock off it that nobody holds any more."""

from datetime import timedelta

from hybridctl.domain.tfstate import Resources, StateLock, Unlocked
from hybridctl.errors import NotDeployed, NotFound, ReleaseInProgress
from hybridctl.operations.plan import heard
from hybridctl.ports import Backend, Clock, Progress

_ALIVE = timedelta(hours=1)  # a release of another machine that is older than this is not waited for


def read_state(backend: Backend, progress: Progress) -> Resources:
    name = backend.place.environment
    if backend.state.outputs() is None:
        raise NotDeployed(f"{name} is not deployed, so its state is empty", hint=f"hybridctl deploy {name}")
    with progress.step("init") as step:
        backend.terraform.init(heard(step, 0))
        step.done(str(backend.terraform.engine()))
    return backend.terraform.resources()


def held_lock(backend: Backend, clock: Clock) -> StateLock:
    """The lock on the state, if it may be taken off.

    Raises NotFound when nobody holds it, and ReleaseInProgress when it may be that of a release that goes on.
    """
    lock = backend.state.lock()
    if lock is None:
        raise NotFound(f"the state of {backend.place.environment} is not locked", hint="there is nothing to unlock")
    claim = backend.journal.claim()
    if claim and not claim.orphaned and not claim.release.rollout and clock.now() - claim.release.started < _ALIVE:
        release = claim.release
        raise ReleaseInProgress(
            f"{release.kind} {release.id} of {release.actor} on {release.host} is under way and may hold it",
            hint=f"wait for its end: hybridctl status {backend.place.environment}",
        )
    return lock


def unlock(backend: Backend, lock: StateLock, progress: Progress) -> Unlocked:
    """Take exactly this lock off, through the engine, which refuses when another one has taken its place."""
    with progress.step("init") as step:
        backend.terraform.init(heard(step, 0))
        step.done(str(backend.terraform.engine()))
    with progress.step("unlock") as step:
        backend.terraform.unlock(lock.id)
        step.done(lock.who)
    return Unlocked(backend.place.environment, lock)
