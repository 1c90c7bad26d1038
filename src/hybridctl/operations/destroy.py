"""Destroy an environment. Refused while a table is protected, because AWS would stop half way."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hybridctl.domain.changes import Changes
from hybridctl.domain.engine import Plan, PlanRequest
from hybridctl.domain.history import mark_of
from hybridctl.domain.iam.deletions import deletions
from hybridctl.domain.policy import find_protected_tables
from hybridctl.domain.refusals import find_kind, next_step
from hybridctl.domain.release import Kind, Release
from hybridctl.domain.stored_state import StateKind
from hybridctl.errors import AwsRefused, EngineFailed, NotDeployed, Protected
from hybridctl.operations.record import RecordPorts, begin, record_release
from hybridctl.operations.terraform import InitPorts, init, show_progress
from hybridctl.ports.machine import Checkout
from hybridctl.ports.resources import HasCaller, HasTables
from hybridctl.ports.run import Clock, Progress, StepNotes

_VARIABLE = "dynamodb_deletion_protection"


class DestroyPorts(InitPorts, RecordPorts, HasCaller, HasTables, Protocol):
    """The ports that a destroy uses."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The result of a destroy."""

    environment: str
    changes: Changes
    release: Release


@dataclass(frozen=True, slots=True)
class Losses:
    """What a destroy would delete permanently. Item counts are DynamoDB's own, up to six hours old."""

    environment: str
    changes: Changes
    tables: tuple[tuple[str, int], ...]


@dataclass
class Destroy:
    """One destroy of one environment."""

    backend: DestroyPorts
    checkout: Checkout
    clock: Clock
    progress: Progress
    project: str

    def prepare(self) -> Plan:
        """Plan to destroy everything. Raises Protected naming the tables that forbid it."""
        name = self.backend.place.environment
        self.backend.state.position()  # of a state that cannot be understood it says so
        if self.backend.state.look().kind in (StateKind.ABSENT, StateKind.EMPTY):
            raise NotDeployed(
                f"{name} is not deployed",
                hint=f"if a killed apply created something, import it with hybridctl deploy {name}; then destroy it",
            )
        init(self.backend, self.progress)
        with self.progress.step("plan") as step:
            plan = self.backend.terraform.plan(PlanRequest(destroy=True), show_progress(step, 0))
            step.done(plan.changes.summary)
        protected = find_protected_tables(plan.content)
        if protected:
            self.backend.terraform.discard(plan)
            raise Protected(
                f"{name} has deletion protection: {', '.join(protected)}", hint=self._how_to_lift(name, protected)
            )
        return plan

    def _how_to_lift(self, name: str, protected: Sequence[str]) -> str:
        allowed = " ".join(f"--allow {shlex.quote(f'protection-lifted:{address}')}" for address in protected)
        declared = self.checkout.list_variables(name)
        if declared is None or _VARIABLE in declared:
            return (
                "switch it off in a separate release, then destroy: hybridctl "
                f"deploy {name} --var {_VARIABLE}=false {allowed}"
            )
        return (
            f"set deletion_protection_enabled = false in the HCL, run hybridctl deploy {name} {allowed}, then destroy"
        )

    def losses(self, plan: Plan) -> Losses:
        """Return what the plan would delete, to show before the confirmation."""
        outputs, laid_down = self.backend.state.outputs(), self.backend.state.read_resources()
        made = laid_down.of("aws_dynamodb_table") if laid_down else []
        names = sorted(outputs.tables) if outputs else sorted(str(one.attributes.get("name")) for one in made)
        found = [table for name in names if (table := self.backend.tables.table(name)) is not None]
        tables = tuple((table.name, table.items) for table in found)
        return Losses(self.backend.place.environment, plan.changes, tables)

    def must_be_allowed(self, plan: Plan) -> None:
        """Raise AwsRefused if AWS would deny a part: the destroy would stop half way and the rest could not serve."""
        name, caller = self.backend.place.environment, self.backend.caller
        identity = caller.identity()
        if identity.is_root:
            return
        needs = list(deletions(plan.content))
        try:
            denied = [action for need in needs for action in caller.find_denied(identity, need)]
        except AwsRefused:  # not even this may be asked; that the roles of CI may not is known all the same
            is_ci = (identity.role or "").startswith(f"{self.project}-ci-")
            denied = [action for need in needs for action in need.actions] if is_ci else []
        if denied:
            raise AwsRefused(
                f"destroying {name} would fail half way, so nothing was changed: "
                f"{identity.arn} may not {', '.join(dict.fromkeys(denied))}",
                hint=f"use an engineer's role (policy: hybridctl bootstrap {name} --policy); --force "
                "skips the simulation, which cannot evaluate every condition",
            )

    def carry_out(self, plan: Plan, reason: str) -> Destroyed:
        mark = mark_of(self.backend.journal.releases(1))
        release = begin(self.backend, self.checkout, self.clock, Kind.DESTROY, reason, after=mark)
        with record_release(self.backend, self.clock, self.progress, release, after=mark) as draft:
            draft.note(changes=plan.changes.summary)
            with self.progress.step("destroy") as step:
                self._apply(plan, step)
                step.done(plan.changes.done)
        return Destroyed(self.backend.place.environment, plan.changes, draft.release)

    def _apply(self, plan: Plan, step: StepNotes) -> None:
        try:
            self.backend.terraform.apply(plan, show_progress(step, len(plan.changes.resources)))
        except EngineFailed as cause:
            kind = find_kind(str(cause))
            first = next_step(kind, str(cause)) if kind else "fix the cause"
            raise EngineFailed(
                str(cause).replace("apply of", "destroy of", 1),
                hint=f"{first}; hybridctl destroy {self.backend.place.environment} then continues with what is left",
            ) from cause
