"""Initialize Terraform, and show what it works on."""

from collections.abc import Callable
from typing import Protocol

from hybridctl.domain.engine import WARNING, EngineEvent
from hybridctl.domain.state_lock import StateLock
from hybridctl.errors import EngineFailed, NotFound
from hybridctl.ports.release import HasPlace
from hybridctl.ports.run import Progress, StepNotes
from hybridctl.ports.terraform import HasFoundation, HasState, HasTerraform, Heard


class InitPorts(HasFoundation, HasPlace, HasState, HasTerraform, Protocol):
    """The ports that initializing Terraform uses."""


def init(
    backend: InitPorts, progress: Progress, *, ensure: bool = False, is_founded: Callable[[], bool] = lambda: False
) -> StateLock | None:
    """Initialize Terraform and, with `ensure`, create the state bucket; return the stale lock that was removed.

    `is_founded` skips the check of the bucket: it was complete when its state was written.
    """
    with progress.step("init") as step:
        founded = is_founded()
        made = ensure and not founded and backend.foundation.complete()
        if not ensure and not founded and not backend.foundation.exists():
            name = backend.place.environment
            raise NotFound(f"{name} has no state bucket yet", hint=f"hybridctl bootstrap {name}")
        try:
            dead = backend.terraform.init(show_progress(step, 0))
        except EngineFailed:
            backend.state.position()  # of a state that cannot be understood it says more than the engine does
            raise
        notes = [str(backend.terraform.engine())]
        notes += ["state bucket created"] if made else []
        notes += [f"removed the stale lock of a dead {dead.work}"] if dead else []
        step.done(", ".join(notes))
        return dead


def collect_warnings(heard: Heard, warnings: list[str]) -> Heard:
    """Add each warning of the engine to `warnings` once, and pass every event on."""

    def hear(event: EngineEvent) -> None:
        if event.kind == WARNING and event.message not in warnings:
            warnings.append(event.message)
        heard(event)

    return hear


def name_warning(warning: str) -> str:
    """Return the note for a warning of the engine."""
    return f"Terraform warns: {warning}"


def show_progress(step: StepNotes, total: int) -> Callable[[EngineEvent], None]:
    """Show what the engine is working on, and how many of `total` resources are finished."""
    finished = 0

    def hear(event: EngineEvent) -> None:
        nonlocal finished
        if event.kind == WARNING:
            return
        finished += event.kind == "apply_complete"
        count = f"{finished} of {total} · " if total else ""
        text = f"{count}{event.message}"
        if event.address:
            step.engine(event, text)
        else:
            step.now(text)

    return hear
