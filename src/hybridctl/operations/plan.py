"""Build, init and plan, and check the plan against the policy; nothing changes yet."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from hybridctl.domain.agreement import find_disagreements
from hybridctl.domain.capacity import VARIABLE, capacity_variable
from hybridctl.domain.deploy_rule import DeployRule
from hybridctl.domain.engine import READING, EngineEvent, Plan, PlanRequest
from hybridctl.domain.impossible_values import find_impossible_values
from hybridctl.domain.outputs import Outputs, find_missing_outputs
from hybridctl.domain.package import Package
from hybridctl.domain.plan_json import find_planned
from hybridctl.domain.policy import find_unfinished, refusals
from hybridctl.domain.renames import describe_renames, find_move, find_renames
from hybridctl.domain.withdrawal import describe_withdrawal, find_withdrawal
from hybridctl.errors import ConfigurationInvalid, HybridctlError, PlanRefused, Protected
from hybridctl.operations.adopt import AdoptionPorts, plan_adopting
from hybridctl.operations.proposal import Prepared, Proposal
from hybridctl.operations.read_ahead import read_ahead
from hybridctl.operations.situation import Code, Situation, SituationPorts, read_situation
from hybridctl.operations.terraform import InitPorts, collect_warnings, init, name_warning, show_progress
from hybridctl.ports.resources import HasScaling
from hybridctl.ports.run import Progress
from hybridctl.ports.terraform import HasTerraform, Heard

_UNFINISHED = "an earlier apply did not finish"


class PlanPorts(AdoptionPorts, SituationPorts, InitPorts, HasScaling, Protocol):
    """The ports that a plan uses."""


def prepare(
    backend: PlanPorts,
    progress: Progress,
    proposal: Proposal,
    *,
    meanwhile: Sequence[Callable[[], object]] = (),
    for_changes: Sequence[Callable[[], object]] = (),
) -> Prepared:
    """Build, plan, and refuse what the policy does not allow; the environment does not change.

    `meanwhile` are reads that start when Terraform has started: until then they would only delay it.
    `for_changes` are reads that start when a plan turns out to have changes.
    """
    read_ahead(backend.terraform.engine)
    stored = read_ahead(lambda: _read_stored(backend, proposal.plan))
    package = _package(backend, progress, proposal)
    init(backend, progress, ensure=proposal.bootstraps, is_founded=lambda: _has_outputs(stored))
    with progress.step("plan") as step:
        outputs, request = stored()
        situation = read_situation(backend, package, outputs)
        warnings: list[str] = []
        heard = collect_warnings(_begin(meanwhile, for_changes, show_progress(step, 0)), warnings)
        plan, surplus = plan_adopting(backend, request, proposal.adopts, heard, forgets=proposal.repairs)
        unfinished = find_unfinished(plan.content, allowed=proposal.waived)
        if unfinished and proposal.repairs:
            backend.terraform.discard(plan)
            backend.terraform.untaint(unfinished)
            plan, surplus = plan_adopting(backend, request, proposal.adopts, heard, forgets=True)
            surplus = [*surplus, f"{_UNFINISHED} {', '.join(unfinished)}: kept, and corrected where it differs"]
        step.done(plan.changes.summary)
    prepared = judge_plan(backend, proposal, package, plan, outputs, situation)
    return replace(prepared, surplus=(*surplus, *map(name_warning, warnings)))


def judge_plan(
    backend: HasTerraform,
    proposal: Proposal,
    package: Package,
    plan: Plan,
    outputs: Outputs | None,
    situation: Situation,
) -> Prepared:
    """Return the prepared deploy if the policy allows the plan; otherwise discard the plan and raise PlanRefused."""
    try:
        must_agree(plan, proposal, package)
        judge(plan, proposal)
        traffic = situation.traffic()
        code = situation.code() if plan.changes.empty and traffic.alias is not None else Code()
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
    allow = DeployRule.ROLLED_BACK_BUILD.allow(build)
    if allow not in proposal.waived:
        raise Protected(
            describe_withdrawal(prepared.withdrawal, build),
            hint=f"deploy a build that fixes the problem; to deploy this one anyway: --allow {allow}",
        )


def must_agree(plan: Plan, proposal: Proposal, package: Package) -> None:
    """Refuse a plan that contradicts hybridctl.toml, lacks outputs, or has values that AWS rejects."""
    differences = [
        line
        for wanted in (proposal.function, *proposal.workers)
        if wanted
        for line in find_disagreements(plan.content, wanted, package.sha256)
    ]
    if differences:
        raise ConfigurationInvalid(
            f"hybridctl.toml and the HCL differ: {'; '.join(differences)}",
            hint="nothing was changed; correct [function] in hybridctl.toml, or the HCL",
        )
    root = plan.content.get("configuration", {}).get("root_module")
    has_api = any(find_planned(plan.content, "aws_apigatewayv2_api"))
    if root is not None and (missing := find_missing_outputs(root.get("outputs", {}), has_api=has_api)):
        raise ConfigurationInvalid(f"{missing[0]}, required by hybridctl", hint=f"nothing was changed; {missing[1]}")
    if renames := find_renames(plan.content):
        raise ConfigurationInvalid(
            describe_renames(renames),
            hint=f"nothing was changed; add a moved block to the HCL, with {find_move(*renames[0])}",
        )
    if impossible := find_impossible_values(plan.content):
        raise ConfigurationInvalid("; ".join(impossible), hint="nothing was changed; correct the values in the HCL")


def judge(plan: Plan, proposal: Proposal) -> None:
    """Refuse what the policy does not allow, naming each violation and how to allow it."""
    refused = refusals(plan.content, allowed=proposal.waived)
    if not refused:
        return
    lines = "; ".join(f"{refusal.address}: {refusal.rule}, {refusal.why}" for refusal in refused)
    flags = " ".join(f"--allow '{refusal.allow}'" for refusal in refused)
    hint = f"to allow it: {flags}"
    if proposal.protected:
        hint = f"the environment is protected: set protected = false in hybridctl.toml for one release, and {flags}"
    if unfinished := find_unfinished(plan.content, allowed=proposal.waived):
        hint = f"{_UNFINISHED} {', '.join(unfinished)}; hybridctl deploy keeps and corrects what exists; {hint}"
    raise PlanRefused(f"the policy does not allow this plan: {lines}", hint=hint, result=plan.changes)


def _begin(
    meanwhile: Sequence[Callable[[], object]], for_changes: Sequence[Callable[[], object]], heard: Heard
) -> Heard:
    """Start reads at the first event, others at the first that tells of changes, and pass every event on."""
    left, left_for_changes = list(meanwhile), list(for_changes)

    def hear(event: EngineEvent) -> None:
        while left:
            read_ahead(left.pop())
        while left_for_changes and event.kind == READING:
            read_ahead(left_for_changes.pop())
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
    capacity = capacity_variable(backend.scaling.list_scaled(list(things)), things)
    return replace(request, variables={**capacity, **request.variables})
