"""Take an environment down; refused while a table is protected, because AWS would stop half way."""

from dataclasses import dataclass

from hybridctl.domain.changes import Changes
from hybridctl.domain.engine import Plan, PlanRequest
from hybridctl.domain.policy import protected_tables
from hybridctl.domain.release import Kind, Release
from hybridctl.errors import NotDeployed, Protected
from hybridctl.operations.plan import heard
from hybridctl.operations.recorded import begin, recorded
from hybridctl.ports import Backend, Checkout, Clock, Progress


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was taken down."""

    environment: str
    changes: Changes
    release: Release


@dataclass
class Destroy:
    """The end of one environment."""

    backend: Backend
    checkout: Checkout
    clock: Clock
    progress: Progress

    def prepare(self) -> Plan:
        """The plan that would destroy everything; Protected names the tables that forbid it."""
        name = self.backend.place.environment
        if self.backend.state.outputs() is None:
            raise NotDeployed(f"{name} is not deployed", hint="nothing is to be destroyed")
        with self.progress.step("init") as step:
            self.backend.terraform.init(heard(step, 0))
            step.done(str(self.backend.terraform.engine()))
        with self.progress.step("plan") as step:
            plan = self.backend.terraform.plan(PlanRequest(destroy=True), heard(step, 0))
            step.done(plan.changes.summary)
        protected = protected_tables(plan.content)
        if protected:
            self.backend.terraform.discard(plan)
            raise Protected(
                f"{name} is protected against deletion: {', '.join(protected)}",
                hint=f"hybridctl deploy {name} --var dynamodb_deletion_protection=false, then destroy it",
            )
        return plan

    def carry_out(self, plan: Plan, reason: str) -> Destroyed:
        release = begin(self.backend, self.checkout, self.clock, Kind.DESTROY, reason)
        with recorded(self.backend, self.clock, self.progress, release) as draft:
            draft.note(changes=plan.changes.summary)
            with self.progress.step("destroy") as step:
                self.backend.terraform.apply(plan, heard(step, len(plan.changes.resources)))
                step.done(plan.changes.done)
        return Destroyed(self.backend.place.environment, plan.changes, draft.release)
