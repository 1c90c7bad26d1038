"""Read the state, and take a lock off it that nobody holds any more."""

from hybridctl.domain.tfstate import Resources, StateLock
from hybridctl.errors import NotDeployed, NotFound
from hybridctl.operations.plan import heard
from hybridctl.ports import Backend, Progress


def read_state(backend: Backend, progress: Progress) -> Resources:
    name = backend.place.environment
    if backend.state.outputs() is None:
        raise NotDeployed(f"{name} is not deployed, so its state is empty", hint=f"hybridctl deploy {name}")
    with progress.step("init") as step:
        backend.terraform.init(heard(step, 0))
        step.done(str(backend.terraform.engine()))
    return backend.terraform.resources()


def held_lock(backend: Backend) -> StateLock:
    """The lock on the state; NotFound when nobody holds it."""
    lock = backend.state.lock()
    if lock is None:
        raise NotFound(f"the state of {backend.place.environment} is not locked", hint="there is nothing to unlock")
    return lock


def unlock(backend: Backend, lock: StateLock, progress: Progress) -> StateLock:
    """Take exactly this lock off, through the engine, which refuses when another one has taken its place."""
    with progress.step("init") as step:
        backend.terraform.init(heard(step, 0))
        step.done(str(backend.terraform.engine()))
    with progress.step("unlock") as step:
        backend.terraform.unlock(lock.id)
        step.done(lock.who)
    return lock
