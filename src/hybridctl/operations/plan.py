"""Build, init and plan, and check the plan against the policy; nothing changes yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Protocol

from hybridctl.domain.agreement import ConfiguredFunction, find_disagreements
from hybridctl.domain.capacity import VARIABLE, capacity_variable
from hybridctl.domain.changes import Changes
from hybridctl.domain.code_identity import describe_other_code
from hybridctl.domain.cost.plan import CostDelta
from hybridctl.domain.engine import EngineEvent, Plan, PlanRequest
from hybridctl.domain.impossible import find_impossible_values
from hybridctl.domain.outputs import Outputs, find_missing_outputs
from hybridctl.domain.package import Package
from hybridctl.domain.plan_json import find_planned
from hybridctl.domain.policy import refusals
from hybridctl.domain.release import Alias, Release, Version
from hybridctl.domain.tfstate import StateLock
from hybridctl.domain.withdrawal import RULE, allow_of, describe_withdrawal, find_withdrawal
from hybridctl.errors import ConfigurationInvalid, EngineFailed, HybridctlError, NotFound, PlanRefused, Protected
from hybridctl.operations.adopt import AdoptionPorts, plan_adopting
from hybridctl.operations.ahead import read_ahead
from hybridctl.operations.standing import Code, Standing, StandingPorts, begin_reading
from hybridctl.ports.release import HasPlace
from hybridctl.ports.resources import HasScaling
from hybridctl.ports.run import Progress, StepNotes
from hybridctl.ports.terraform import HasFoundation, HasState, HasTerraform, Heard
from hybridctl.values import dataclass


class InitPorts(HasFoundation, HasPlace, HasState, HasTerraform, Protocol):
    """The ports that initializing Terraform uses."""


class PlanPorts(AdoptionPorts, StandingPorts, InitPorts, HasScaling, Protocol):
    """The ports that a plan uses."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to plan; `allowed` names the policy violations to waive, but `protected` waives none.

    `package` is an existing zip to use instead of a build. `bootstraps` creates the state bucket if it is missing, the
    only change that planning can make; it requires consent. `function` and `workers` are the values of hybridctl.toml,
    which the plan must match. `adopts` maps the addresses of existing objects to import, whoever owns them, to their
    ids, which may be empty. `forgets` removes deleted objects from the state if they prevent the import of their
    replacements.
    """

    plan: PlanRequest = field(default_factory=PlanRequest)
    allowed: Sequence[str] = ()
    protected: bool = False
    package: Path | None = None
    bootstraps: bool = False
    function: ConfiguredFunction | None = None
    adopts: Mapping[str, str | None] = field(default_factory=dict)
    forgets: bool = False
    workers: tuple[ConfiguredFunction, ...] = ()

    @property
    def waived(self) -> Sequence[str]:
        """The violations that are waived; in a protected environment, only that of a build that was rolled back."""
        return [one for one in self.allowed if not self.protected or one.startswith(f"{RULE}:")]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The result of preparing a deploy; `outputs` and `alias` are None on a first deploy.

    `recorded` is False if the history does not say that the serving version is live: a release did not finish.
    `other_code` is the newest version, if Terraform has nothing to do and that version does not run the package.
    `surplus` describes duplicates that were found during the import. `withdrawal` is the release that rolled this build
    back. `lagging` are workers that do not serve their newest version, or not the package. `digest` is that of a
    reviewed plan's file. `mark` distinguishes this history from a longer one.
    """

    package: Package
    plan: Plan
    outputs: Outputs | None
    alias: Alias | None
    recorded: bool = True
    other_code: Version | None = None
    surplus: tuple[str, ...] = ()
    digest: str = ""
    withdrawal: Release | None = None
    lagging: tuple[str, ...] = ()
    mark: str = ""

    @property
    def nothing_to_do(self) -> bool:
        return (
            self.plan.changes.empty
            and self._serves_newest
            and self.recorded
            and self.other_code is None
            and not self.lagging
        )

    @property
    def notes(self) -> list[str]:
        """Notes for the reader of the plan, beside its changes."""
        found = [f"SHA-256 of the plan: {self.digest}"] if self.digest else []
        found += [*self.package.notes, *self.surplus]
        if self.other_code is not None:
            found.append(
                f"{describe_other_code(self.other_code, self.package)}: a deploy will upload the package again"
            )
        if self.withdrawal is not None and not self.nothing_to_do:
            found.append(describe_withdrawal(self.withdrawal, self.package.build))
        return found

    @property
    def moves_only(self) -> bool:
        """Terraform has nothing to do, but an alias does not serve the newest version."""
        return self.plan.changes.empty and not (self._serves_newest and not self.lagging)

    @property
    def _serves_newest(self) -> bool:
        if self.outputs is None or self.alias is None:
            return False
        return self.alias.serves_only(self.outputs.newest_version)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a deploy would do: `moves_alias` if only traffic moves, `strategy` how, `file` where the plan is saved.

    `digest` is the file's SHA-256 in hex. `cost` is the change of the monthly bill.
    """

    environment: str
    build: str
    changes: Changes
    moves_alias: bool
    strategy: str | None = None
    file: str | None = None
    cost: CostDelta | None = None
    digest: str | None = None

    @classmethod
    def of(
        cls,
        environment: str,
        prepared: Prepared,
        *,
        cost: CostDelta | None,
        strategy: str | None = None,
        file: str | None = None,
        digest: str | None = None,
    ) -> "Planned":
        changes = prepared.plan.changes
        return cls(environment, prepared.package.build, changes, prepared.moves_only, strategy, file, cost, digest)


def prepare(
    backend: PlanPorts, progress: Progress, proposal: Proposal, *, meanwhile: Sequence[Callable[[], object]] = ()
) -> Prepared:
    """Build, plan, and refuse what the policy does not allow; the environment does not change.

    `meanwhile` are reads that start when Terraform has started: until then they would only delay it.
    """
    read_ahead(backend.terraform.engine)
    stored = read_ahead(lambda: _read_stored(backend, proposal.plan))
    package = _package(backend, progress, proposal)
    init(backend, progress, ensure=proposal.bootstraps, is_founded=lambda: _has_outputs(stored))
    with progress.step("plan") as step:
        outputs, request = stored()
        standing = begin_reading(backend, package, outputs)
        plan, surplus = plan_adopting(
            backend, request, proposal.adopts, _begin(meanwhile, show_progress(step, 0)), forgets=proposal.forgets
        )
        step.done(plan.changes.summary)
    prepared = judge_plan(backend, proposal, package, plan, outputs, standing)
    return replace(prepared, surplus=tuple(surplus))


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


def judge_plan(
    backend: HasTerraform, proposal: Proposal, package: Package, plan: Plan, outputs: Outputs | None, standing: Standing
) -> Prepared:
    """Return the prepared deploy if the policy allows the plan; otherwise discard the plan and raise PlanRefused."""
    try:
        must_agree(plan, proposal, package)
        judge(plan, proposal)
        traffic = standing.traffic()
        code = standing.code() if plan.changes.empty and traffic.alias is not None else Code()
        withdrawal = find_withdrawal(traffic.recent, package.build)
        prepared = Prepared(
            package,
            plan,
            outputs,
            traffic.alias,
            traffic.recorded,
            code.other,
            withdrawal=withdrawal,
            lagging=code.lagging,
            mark=traffic.mark,
        )
        must_stay_withdrawn(prepared, proposal)
        return prepared
    except BaseException:
        backend.terraform.discard(plan)
        raise


def must_stay_withdrawn(prepared: Prepared, proposal: Proposal) -> None:
    """Raise Protected if a protected environment would get a rolled-back build again and nobody allowed it."""
    build = prepared.package.build
    if prepared.withdrawal is None or prepared.nothing_to_do or not proposal.protected:
        return
    if allow_of(build) not in proposal.waived:
        raise Protected(
            describe_withdrawal(prepared.withdrawal, build),
            hint=f"deploy a build that fixes the problem; to deploy this one anyway: --allow {allow_of(build)}",
        )


def must_agree(plan: Plan, proposal: Proposal, package: Package) -> None:
    """Refuse a plan that contradicts hybridctl.toml, lacks outputs, or has values that AWS rejects."""
    found = [
        line
        for wanted in (proposal.function, *proposal.workers)
        if wanted
        for line in find_disagreements(plan.content, wanted, package.sha256)
    ]
    if found:
        raise ConfigurationInvalid(
            f"hybridctl.toml and the HCL differ: {'; '.join(found)}",
            hint="nothing was changed; correct [function] in hybridctl.toml, or the HCL",
        )
    root = plan.content.get("configuration", {}).get("root_module")
    has_api = any(find_planned(plan.content, "aws_apigatewayv2_api"))
    if root is not None and (missing := find_missing_outputs(root.get("outputs", {}), has_api=has_api)):
        raise ConfigurationInvalid(f"{missing[0]}, required by hybridctl", hint=f"nothing was changed; {missing[1]}")
    if impossible := find_impossible_values(plan.content):
        raise ConfigurationInvalid("; ".join(impossible), hint="nothing was changed; correct the values in the HCL")


def judge(plan: Plan, proposal: Proposal) -> None:
    """Refuse what the policy does not allow, naming each violation and how to allow it."""
    found = refusals(plan.content, allowed=proposal.waived)
    if not found:
        return
    lines = "; ".join(f"{refusal.address}: {refusal.rule}, {refusal.why}" for refusal in found)
    flags = " ".join(f"--allow '{refusal.allow}'" for refusal in found)
    hint = f"to allow it: {flags}"
    if proposal.protected:
        hint = f"the environment is protected: set protected = false in hybridctl.toml for one release, and {flags}"
    raise PlanRefused(f"the policy does not allow this plan: {lines}", hint=hint, result=plan.changes)


def show_progress(step: StepNotes, total: int) -> Callable[[EngineEvent], None]:
    """Show what the engine is working on, and how many of `total` resources are finished."""
    finished = 0

    def hear(event: EngineEvent) -> None:
        nonlocal finished
        finished += event.kind == "apply_complete"
        count = f"{finished} of {total} · " if total else ""
        text = f"{count}{event.message}"
        if event.address:
            step.engine(event, text)
        else:
            step.now(text)

    return hear


def _begin(reads: Sequence[Callable[[], object]], heard: Heard) -> Heard:
    """Start the reads at the first event, and pass every event on."""
    left = list(reads)

    def hear(event: EngineEvent) -> None:
        while left:
            read_ahead(left.pop())
        heard(event)

    return hear


def _package(backend: PlanPorts, progress: Progress, proposal: Proposal) -> Package:
    with progress.step("build") as step:
        if proposal.package:
            package, state = backend.artifacts.take(proposal.package), "built before"
        else:
            package = backend.artifacts.build()
            state = "built" if package.fresh else "unchanged"
        step.done(f"{state}, {package.size / 1000:.1f} kB, build {package.build}")
        return package


def _has_outputs(stored: Callable[[], tuple[Outputs | None, PlanRequest]]) -> bool:
    """Return whether the state has outputs; a failed read raises its error where its answer is used."""
    try:
        return stored()[0] is not None
    except HybridctlError:
        return False


def _read_stored(backend: PlanPorts, request: PlanRequest) -> tuple[Outputs | None, PlanRequest]:
    outputs = backend.state.outputs()
    return outputs, _as_scaled(backend, request, outputs)


def _as_scaled(backend: PlanPorts, request: PlanRequest, outputs: Outputs | None) -> PlanRequest:
    """Add the capacity that autoscaling has raised to the request: a deploy at peak must not take it away."""
    if outputs is None or VARIABLE in request.variables:
        return request
    things = outputs.tables
    told = capacity_variable(backend.scaling.list_scaled(list(things)), things)
    return replace(request, variables={**told, **request.variables})
