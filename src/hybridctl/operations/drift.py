"""Find changes made by hand, through a refresh-only plan."""

from hybridctl.domain.drift import Drift, read_drift
from hybridctl.domain.engine import PlanRequest
from hybridctl.errors import NotDeployed
from hybridctl.operations.terraform import InitPorts, init, show_progress
from hybridctl.ports.run import Progress


def find_drift(backend: InitPorts, progress: Progress) -> Drift:
    """Return an environment's drift. Nothing changes, not even the state."""
    name = backend.place.environment
    if backend.state.outputs() is None:
        raise NotDeployed(f"{name} is not deployed, so there is nothing to compare", hint=f"hybridctl deploy {name}")
    init(backend, progress)
    with progress.step("refresh") as step:
        plan = backend.terraform.plan(PlanRequest(refresh_only=True), show_progress(step, 0))
        backend.terraform.discard(plan)
        drift = read_drift(name, plan.content)
        step.done(f"{len(drift.resources)} drifted" if drift.resources else "no drift")
    return drift
