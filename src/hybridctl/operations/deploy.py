"""Carry out a prepared deploy: apply, prove, shift, verify and record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from hybridctl.domain.changes import Changes
from hybridctl.domain.engine import Plan
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.package import Package, sha256_of
from hybridctl.domain.release import Alias, Kind, Release
from hybridctl.domain.smoke import SmokeReport
from hybridctl.domain.watch import WatchReport
from hybridctl.errors import NotDeployed, PlanStale, ReleaseInProgress
from hybridctl.operations.identity import secure_identity
from hybridctl.operations.move_alias import give_all_to
from hybridctl.operations.plan import PlanPorts, prepare
from hybridctl.operations.proof import prove_version
from hybridctl.operations.proposal import Prepared, Proposal
from hybridctl.operations.read_ahead import read_ahead
from hybridctl.operations.record import RecordPorts, begin, read_last_lineup, record_release
from hybridctl.operations.shift import Gradual, LeftRunning, ShiftPorts, ShiftRequest, alarms_before, stopping_alarms
from hybridctl.operations.smoke_suite import Expected, must_be_green
from hybridctl.operations.steady_progress import SteadyProgress
from hybridctl.operations.terraform import show_progress
from hybridctl.operations.traffic import Traffic, TrafficPorts
from hybridctl.operations.warm_up import find_kept
from hybridctl.operations.workers import gather_members, moves_of, moving_together
from hybridctl.ports.machine import Checkout
from hybridctl.ports.run import Clock, Progress


class DeployPorts(RecordPorts, TrafficPorts, ShiftPorts, PlanPorts, Protocol):
    """The ports that a deploy uses."""


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """How to carry out a plan; `saved_variables` are kept for later deploys.

    `allowed` are the policy violations that were waived, for the record. `doubt` is why this machine may be unable to
    prove the package.
    """

    reason: str = ""
    shift: ShiftRequest = field(default_factory=ShiftRequest)
    saved_variables: Mapping[str, str] = field(default_factory=dict)
    allowed: Sequence[str] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A finished deploy: its endpoint, version, smoke report and record (None if there was nothing to do)."""

    endpoint: str
    version: int
    build: str
    smoke: SmokeReport
    release: Release | None
    changes: Changes
    watches: tuple[WatchReport, ...] = ()


@dataclass
class Deploy:
    """One deploy of one environment."""

    backend: DeployPorts
    checkout: Checkout
    clock: Clock
    progress: Progress
    user: str

    def __post_init__(self) -> None:
        self.progress = SteadyProgress(self.progress)

    def prepare(self, proposal: Proposal, for_changes: Sequence[Callable[[], object]] = ()) -> Prepared:
        """Build and plan; meanwhile, read what comes next. Its errors are raised when it is needed.

        `for_changes` is read only if the plan has changes.
        """
        read_ahead(self.checkout.source)
        return prepare(
            self.backend,
            self.progress,
            proposal,
            meanwhile=[self.backend.probe.prepare],
            for_changes=[self.checkout.actor, *for_changes],
        )

    def confirm_unchanged(self, prepared: Prepared, request: DeployRequest) -> Deployed:
        """Smoke-test the live endpoint when there is nothing to deploy."""
        self._save_variables(request)
        outputs = _require(prepared.outputs)
        with self.progress.step("verify") as step:
            expected = Expected(outputs.newest_version, prepared.package.build)
            report = self._traffic(outputs).ask_publicly(expected, step.now)
            step.done(report.summary)
            must_be_green(report)
        self._keep(outputs)
        return self._summarize(outputs, prepared, report, None)

    def carry_out(self, prepared: Prepared, request: DeployRequest) -> Deployed | LeftRunning:
        """Apply the plan and shift traffic. An error describes the state in which the environment was left."""
        self.backend.probe.prepare()
        if prepared.alias and prepared.alias.weights and not self._is_allocating(prepared.alias):
            raise ReleaseInProgress(
                f"the alias {prepared.alias.name} splits traffic between versions {prepared.alias.version} and "
                f"{', '.join(str(version) for version in prepared.alias.weights)}; no release of hybridctl did that",
                hint=f"hybridctl rollback --version {prepared.alias.version} shifts all traffic to one version",
            )
        self._save_variables(request)
        red = alarms_before(self.backend.alarms, request.shift, prepared.outputs)
        facts = {
            "build": prepared.package.build,
            "package_sha256": prepared.package.sha256,
            "changes": prepared.plan.changes.summary,
            "plan_id": prepared.plan.id,
            "allowed": tuple(request.allowed),
            "engine": str(self.backend.terraform.engine()),
            "version_before": prepared.alias.served if prepared.alias else None,
        }
        lineup = read_last_lineup(self.backend.journal) if self.backend.workers.list_declared() else None
        release = begin(
            self.backend, self.checkout, self.clock, Kind.DEPLOY, request.reason, facts, after=prepared.mark
        )
        if prepared.package.doubt:
            release = replace(release, source=replace(release.source, doubt=prepared.package.doubt))
        with record_release(self.backend, self.clock, self.progress, release, after=prepared.mark) as draft:
            if not prepared.plan.changes.empty:
                self._must_be_the_package(prepared.package)
                self._settle(prepared)
                self._apply(prepared.plan)
            found, position = self.backend.state.read()
            outputs = _require(found)
            traffic = self._traffic(outputs)
            read_ahead(lambda: traffic.gateway)  # for the proof
            version = secure_identity(self.backend, self.progress, outputs.newest_version, prepared.package)
            members = gather_members(self.backend, self.progress, traffic, prepared.package, lineup)
            draft.note(version_after=version, serial=position.serial if position else None, workers=moves_of(members))
            draft.keep()  # whoever comes after a kill must know which version was to be live
            prove_version(traffic, version, prepared.package.build, doubt=request.doubt)
            for member in members:
                member.prove(doubt=request.doubt)
            self.backend.probe.prepare(outputs.endpoint)
            draft.interrupts.raise_once()
            stop = stopping_alarms(request.shift, outputs)
            gradual = Gradual(self.backend, self.clock, traffic, draft, request.shift, stop, red, members=members)
            with moving_together(() if gradual.waits_with(version) else members):
                shifted = gradual.release(version, prepared.package.build)
            draft.note(verified=shifted is not None)
        self._keep(outputs)
        if shifted is None:
            rollout = draft.release.rollout
            assert rollout is not None  # noqa: S101  (nothing else is left running)
            return LeftRunning(self.backend.place.environment, rollout, draft.release, outputs.endpoint)
        return self._summarize(outputs, prepared, shifted.smoke, draft.release, shifted.watches, version)

    def _is_allocating(self, alias: Alias) -> bool:
        """Return whether Lambda set the weights itself, for a move that it has not finished."""
        return alias.is_allocating(find_kept(self.backend.functions))

    def _must_be_the_package(self, package: Package) -> None:
        """Raise PlanStale if the zip on disk is not the planned one: Terraform uploads the zip as it is during the
        apply.
        """
        if sha256_of(self.backend.artifacts.content()) != package.sha256:
            raise PlanStale(
                f"{package.path.name} no longer contains build {package.build}: another build has replaced it",
                hint=f"nothing was changed; run again: hybridctl deploy {self.backend.place.environment}",
            )

    def _settle(self, prepared: Prepared) -> None:
        """Cancel a move that Lambda has not finished, so that the serving version gets all traffic.

        While an alias has weights, Lambda refuses changes of its provisioned concurrency ("Alias with weights can not
        be used with Provisioned Concurrency"), so an apply would fail: hashicorp/terraform issue 24957.
        """
        alias = prepared.alias
        if alias is None or alias.held_at is None or prepared.outputs is None or not self._is_allocating(alias):
            return
        with self.progress.step("settle") as step:
            give_all_to(self._traffic(prepared.outputs), alias.held_at, (alias.version, alias.held_at))
            step.done(
                f"{alias.name} serves version {alias.held_at}; the move to version {alias.version} had not finished"
            )

    def _save_variables(self, request: DeployRequest) -> None:
        """Save the variables after the plan was accepted, so that the next deploy uses the values that are in force."""
        if request.saved_variables:
            with self.progress.step("save") as step:
                saved = self.checkout.save_variables(self.backend.place.environment, request.saved_variables)
                step.done(str(saved))

    def _apply(self, plan: Plan) -> None:
        with self.progress.step("apply") as step:
            self.backend.terraform.apply(plan, show_progress(step, len(plan.changes.resources)))
            self.backend.state.note_written()
            step.done(plan.changes.done)

    def _keep(self, outputs: Outputs) -> None:
        self.checkout.remember_environment(self.backend.place.environment)
        self.checkout.keep_outputs(self.backend.place.environment, outputs)

    def _traffic(self, outputs: Outputs) -> Traffic:
        backend = self.backend
        return Traffic.of(backend, outputs, self.clock, self.progress, self.user)

    def _summarize(
        self,
        outputs: Outputs,
        prepared: Prepared,
        report: SmokeReport,
        release: Release | None,
        watches: tuple[WatchReport, ...] = (),
        version: int | None = None,
    ) -> Deployed:
        return Deployed(
            endpoint=outputs.endpoint,
            version=version or outputs.newest_version,
            build=prepared.package.build,
            smoke=report,
            release=release,
            changes=prepared.plan.changes,
            watches=watches,
        )


def _require(outputs: Outputs | None) -> Outputs:
    if outputs is None:
        raise NotDeployed("the state has no outputs after the apply", hint="hybridctl deploy")
    return outputs
