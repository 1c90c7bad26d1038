"""One deploy: prepare it, and confirm that there is nothing to do; `carry_out` does the rest."""

from __future__ import annotations  # start-up: what only a release needs is imported by `carry_out`

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hybridctl.domain.changes import Changes
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Release
from hybridctl.domain.shift import ShiftRequest
from hybridctl.domain.smoke import SmokeReport
from hybridctl.errors import NotDeployed
from hybridctl.operations.plan import prepare
from hybridctl.operations.proposal import Prepared, Proposal
from hybridctl.operations.read_ahead import read_ahead
from hybridctl.operations.smoke_suite import Expected, must_be_green
from hybridctl.operations.steady_progress import SteadyProgress
from hybridctl.operations.traffic import Traffic
from hybridctl.ports.machine import Checkout
from hybridctl.ports.run import Clock, Progress

if TYPE_CHECKING:
    from hybridctl.domain.watch import WatchReport
    from hybridctl.operations.carry_out import DeployPorts


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
    """One deploy of one environment. `warnings` are those of Terraform during the apply."""

    backend: DeployPorts
    checkout: Checkout
    clock: Clock
    progress: Progress
    user: str
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.progress = SteadyProgress(self.progress)

    def prepare(
        self,
        proposal: Proposal,
        *,
        for_changes: Sequence[Callable[[], object]] = (),
    ) -> Prepared:
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
        self.save_variables(request)
        outputs = must_have_outputs(prepared.outputs)
        with self.progress.step("verify") as step:
            expected = Expected(outputs.newest_version, prepared.package.build)
            report = self.open_traffic(outputs).ask_publicly(expected, step.now)
            step.done(report.summary)
            must_be_green(report)
        self.keep(outputs)
        return self.summarize(outputs, prepared, report, None)

    def save_variables(self, request: DeployRequest) -> None:
        """Save the variables after the plan was accepted, so that the next deploy uses the values that are in force."""
        if request.saved_variables:
            with self.progress.step("save") as step:
                saved = self.checkout.save_variables(self.backend.place.environment, request.saved_variables)
                step.done(str(saved))

    def keep(self, outputs: Outputs) -> None:
        self.checkout.remember_environment(self.backend.place.environment)
        self.checkout.keep_outputs(self.backend.place.environment, outputs)

    def open_traffic(self, outputs: Outputs) -> Traffic:
        backend = self.backend
        return Traffic.of(backend, outputs, self.clock, self.progress, self.user)

    def summarize(
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


def must_have_outputs(outputs: Outputs | None) -> Outputs:
    if outputs is None:
        raise NotDeployed("the state has no outputs after the apply", hint="hybridctl deploy")
    return outputs
