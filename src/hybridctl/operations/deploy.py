"""Deploy: build, plan and judge first; then apply, prove, shift, verify and record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hybridctl.domain.capacity import VARIABLE, scaled_variable
from hybridctl.domain.changes import Changes
from hybridctl.domain.engine import EngineEvent, Plan, PlanRequest
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.package import Package, sha256_of
from hybridctl.domain.policy import refusals
from hybridctl.domain.release import Alias, Kind, Release
from hybridctl.domain.smoke import SmokeReport
from hybridctl.domain.watch import WatchReport
from hybridctl.errors import NotDeployed, PlanRefused, PlanStale, ReleaseInProgress
from hybridctl.operations.recorded import begin, recorded
from hybridctl.operations.release import Traffic
from hybridctl.operations.shift import Gradual, LeftRunning, ShiftRequest, alarms_before, stopping_alarms
from hybridctl.operations.smoke import Expected, must_be_green
from hybridctl.ports import Backend, Checkout, Clock, Progress, StepNotes


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """What was asked for; `allowed` names the refusals of the policy that are meant, but `protected` waives none.

    `package` is a zip that was built before; it is then not built again.
    """

    plan: PlanRequest = field(default_factory=PlanRequest)
    allowed: Sequence[str] = ()
    protected: bool = False
    reason: str = ""
    shift: ShiftRequest = field(default_factory=ShiftRequest)
    save_variables: bool = False
    package: Path | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is known before anything changes; `outputs` and `alias` are None on a first deploy."""

    package: Package
    plan: Plan
    outputs: Outputs | None
    alias: Alias | None

    @property
    def nothing_to_do(self) -> bool:
        if self.outputs is None or self.alias is None or not self.plan.changes.empty:
            return False
        return self.alias.serves_only(self.outputs.newest_version)

    @property
    def moves_only(self) -> bool:
        """Terraform has nothing to do, but the alias does not serve the newest version."""
        return self.plan.changes.empty and not self.nothing_to_do


@dataclass(frozen=True, slots=True)
class Planned:
    """What a deploy would do: `moves_alias` when only traffic moves, `strategy` how, `file` where the plan is kept."""

    environment: str
    build: str
    changes: Changes
    moves_alias: bool
    strategy: str | None = None
    file: str | None = None

    @classmethod
    def of(
        cls, environment: str, prepared: Prepared, *, strategy: str | None = None, file: str | None = None
    ) -> "Planned":
        return cls(environment, prepared.package.build, prepared.plan.changes, prepared.moves_only, strategy, file)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A finished deploy: where it answers, what it answers with, and its record (None when nothing was to do)."""

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

    backend: Backend
    checkout: Checkout
    clock: Clock
    progress: Progress
    user: str

    def prepare(self, request: DeployRequest) -> Prepared:
        """Build, plan, and refuse what the policy does not allow; nothing of the environment changes."""
        package = self._package(request)
        with self.progress.step("init") as step:
            made = self.backend.state.ensure()
            self.backend.terraform.init(heard(step, 0))
            step.done(f"{self.backend.terraform.engine()}{', state bucket made' if made else ''}")
        with self.progress.step("plan") as step:
            outputs = self.backend.state.outputs()
            plan = self.backend.terraform.plan(self._as_scaled(request.plan, outputs), heard(step, 0))
            step.done(plan.changes.summary)
        try:
            judge(plan, request)
            return Prepared(package, plan, outputs, self.backend.functions.live())
        except BaseException:
            self.backend.terraform.discard(plan)
            raise

    def _package(self, request: DeployRequest) -> Package:
        with self.progress.step("build") as step:
            if request.package:
                package, state = self.backend.artifacts.take(request.package), "built before"
            else:
                package = self.backend.artifacts.build()
                state = "built" if package.fresh else "unchanged"
            step.done(f"{state}, {package.size / 1000:.1f} kB, build {package.build}")
            return package

    def confirm_unchanged(self, prepared: Prepared, request: DeployRequest) -> Deployed:
        """Nothing is to do: ask the live endpoint whether it still answers as it should."""
        self._save_variables(request)
        outputs = _known(prepared.outputs)
        with self.progress.step("verify") as step:
            expected = Expected(outputs.newest_version, prepared.package.build)
            report = self._traffic(outputs).public_smoke(expected)
            step.done(report.summary)
            must_be_green(report)
        self._keep(outputs)
        return self._deployed(outputs, prepared, report, None)

    def carry_out(self, prepared: Prepared, request: DeployRequest) -> Deployed | LeftRunning:
        """Apply the plan that was shown, then move traffic; raises with the environment as it was left described."""
        if prepared.alias and prepared.alias.weights:
            raise ReleaseInProgress(
                f"the alias {prepared.alias.name} shares its traffic between versions {prepared.alias.version} and "
                f"{', '.join(str(version) for version in prepared.alias.weights)}, by no release of hybridctl",
                hint=f"hybridctl rollback --version {prepared.alias.version} gives all of it to one",
            )
        self._save_variables(request)
        red = alarms_before(self.backend.alarms, request.shift, prepared.outputs)
        release = begin(self.backend, self.checkout, self.clock, Kind.DEPLOY, request.reason)
        with recorded(self.backend, self.clock, self.progress, release) as draft:
            draft.note(
                build=prepared.package.build,
                package_sha256=prepared.package.sha256,
                changes=prepared.plan.changes.summary,
                version_before=prepared.alias.version if prepared.alias else None,
            )
            if not prepared.plan.changes.empty:
                self._must_be_the_package(prepared.package)
                self._apply(prepared.plan)
            outputs = _known(self.backend.state.outputs())
            traffic = self._traffic(outputs)
            version = outputs.newest_version
            draft.note(version_after=version)
            traffic.prove(version, prepared.package.build)
            stop = stopping_alarms(request.shift, outputs)
            gradual = Gradual(self.backend, self.clock, traffic, draft, request.shift, stop, red)
            shifted = gradual.release(version, prepared.package.build)
            draft.note(verified=shifted is not None)
        self._keep(outputs)
        if shifted is None:
            rollout = draft.release.rollout
            assert rollout is not None  # noqa: S101  (nothing else is left running)
            return LeftRunning(self.backend.place.environment, rollout, draft.release, outputs.endpoint)
        return self._deployed(outputs, prepared, shifted.smoke, draft.release, shifted.watches)

    def _as_scaled(self, request: PlanRequest, outputs: Outputs | None) -> PlanRequest:
        """The request, told what autoscaling has raised: a deploy at peak must not take those units away."""
        if outputs is None or VARIABLE in request.variables:
            return request
        things = outputs.tables
        told = scaled_variable(self.backend.scaling.scaled(list(things)), things)
        return replace(request, variables={**told, **request.variables})

    def _must_be_the_package(self, package: Package) -> None:
        """Terraform uploads the zip as it is on disk then, whatever was planned."""
        if sha256_of(self.backend.artifacts.content()) != package.sha256:
            raise PlanStale(
                f"{package.path.name} is no longer build {package.build}: another build came in between",
                hint=f"nothing was changed; hybridctl deploy {self.backend.place.environment}",
            )

    def _save_variables(self, request: DeployRequest) -> None:
        """Once the plan has passed and was agreed to, so that what is in force is also what the next deploy uses."""
        if request.save_variables:
            with self.progress.step("save") as step:
                saved = self.checkout.save_variables(self.backend.place.environment, request.plan.variables)
                step.done(str(saved))

    def _apply(self, plan: Plan) -> None:
        with self.progress.step("apply") as step:
            self.backend.terraform.apply(plan, heard(step, len(plan.changes.resources)))
            step.done(plan.changes.done)

    def _keep(self, outputs: Outputs) -> None:
        self.checkout.remember_environment(self.backend.place.environment)
        self.checkout.keep_outputs(self.backend.place.environment, outputs)

    def _traffic(self, outputs: Outputs) -> Traffic:
        backend = self.backend
        return Traffic(backend.functions, backend.probe, outputs, self.clock, self.progress, self.user)

    def _deployed(
        self,
        outputs: Outputs,
        prepared: Prepared,
        report: SmokeReport,
        release: Release | None,
        watches: tuple[WatchReport, ...] = (),
    ) -> Deployed:
        return Deployed(
            endpoint=outputs.endpoint,
            version=outputs.newest_version,
            build=prepared.package.build,
            smoke=report,
            release=release,
            changes=prepared.plan.changes,
            watches=watches,
        )


def judge(plan: Plan, request: DeployRequest) -> None:
    """Refuse what the policy does not allow, each by name and with what would allow it."""
    found = refusals(plan.content, allowed=() if request.protected else request.allowed)
    if not found:
        return
    lines = "; ".join(f"{refusal.address}: {refusal.rule}, {refusal.why}" for refusal in found)
    flags = " ".join(f"--allow '{refusal.allow}'" for refusal in found)
    hint = f"if it is meant: {flags}"
    if request.protected:
        hint = f"the environment is protected: set protected = false in hybridctl.toml for one release, and {flags}"
    raise PlanRefused(f"the plan is refused: {lines}", hint=hint, result=plan.changes)


def heard(step: StepNotes, total: int) -> Callable[[EngineEvent], None]:
    """Show what the engine works on, and how many of `total` resources are finished."""
    finished = 0

    def hear(event: EngineEvent) -> None:
        nonlocal finished
        finished += event.kind == "apply_complete"
        count = f"{finished} of {total} · " if total else ""
        step.now(f"{count}{event.message}")

    return hear


def _known(outputs: Outputs | None) -> Outputs:
    if outputs is None:
        raise NotDeployed("the state has no outputs after the apply", hint="hybridctl deploy")
    return outputs
