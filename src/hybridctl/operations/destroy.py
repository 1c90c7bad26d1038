"""Take an environment down; refused while a table is protected, because AWS would stop half way."""

import shlex
from dataclasses import dataclass

from hybridctl.domain.changes import Changes
from hybridctl.domain.engine import Plan, PlanRequest
from hybridctl.domain.policy import protected_tables
from hybridctl.domain.release import Kind, Release
from hybridctl.domain.stored_state import StateKind
from hybridctl.errors import NotDeployed, Protected
from hybridctl.operations.plan import heard, init
from hybridctl.operations.recorded import begin, recorded
from hybridctl.ports import Backend, Checkout, Clock, Progress


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was taken down."""

    environment: str
    changes: Changes
    release: Release


@dataclass(frozen=True, slots=True)
class Losses:
    """What a destroy takes for good: what each table holds, by DynamoDB's count, which is up to six hours old."""

    environment: str
    changes: Changes
    tables: tuple[tuple[str, int], ...]


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
        self.backend.state.position()  # of a state that cannot be understood it says so
        if self.backend.state.look().kind in (StateKind.ABSENT, StateKind.EMPTY):
            raise NotDeployed(
                f"{name} is not deployed",
                hint=f"what a killed apply has created, hybridctl deploy {name} adopts; then it can be destroyed",
            )
        init(self.backend, self.progress)
        with self.progress.step("plan") as step:
            plan = self.backend.terraform.plan(PlanRequest(destroy=True), heard(step, 0))
            step.done(plan.changes.summary)
        protected = protected_tables(plan.content)
        if protected:
            self.backend.terraform.discard(plan)
            lifted = " ".join(shlex.quote(f"protection-lifted:{address}") for address in protected)
            raise Protected(
                f"{name} is protected against deletion: {', '.join(protected)}",
                hint="lift it in a release of its own, then destroy: "
                f"hybridctl deploy {name} --var dynamodb_deletion_protection=false --allow "
                f"{lifted.replace(' ', ' --allow ')}",
            )
        return plan

    def losses(self, plan: Plan) -> Losses:
        """What the plan would take, told before anybody consents to it."""
        outputs, laid_down = self.backend.state.outputs(), self.backend.state.laid_down()
        made = laid_down.of("aws_dynamodb_table") if laid_down else []
        names = sorted(outputs.tables) if outputs else sorted(str(one.attributes.get("name")) for one in made)
        found = [table for name in names if (table := self.backend.tables.table(name)) is not None]
        tables = tuple((table.name, table.items) for table in found)
        return Losses(self.backend.place.environment, plan.changes, tables)

    def carry_out(self, plan: Plan, reason: str) -> Destroyed:
        release = begin(self.backend, self.checkout, self.clock, Kind.DESTROY, reason)
        with recorded(self.backend, self.clock, self.progress, release) as draft:
            draft.note(changes=plan.changes.summary)
            with self.progress.step("destroy") as step:
                self.backend.terraform.apply(plan, heard(step, len(plan.changes.resources)))
                step.done(plan.changes.done)
        return Destroyed(self.backend.place.environment, plan.changes, draft.release)
