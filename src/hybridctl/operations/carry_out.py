"""Carry out a prepared deploy: apply, prove, shift, verify and record.

Separate from `deploy`, which ends before this if there is nothing to do.
"""

from dataclasses import replace
from typing import Protocol

from hybridctl.domain.engine import Plan
from hybridctl.domain.package import Package, sha256_of
from hybridctl.domain.release import Alias, Kind
from hybridctl.domain.shift import LeftRunning
from hybridctl.errors import PlanStale, ReleaseInProgress
from hybridctl.operations.deploy import Deploy, Deployed, DeployRequest, must_have_outputs
from hybridctl.operations.identity import secure_identity
from hybridctl.operations.move_alias import give_all_to
from hybridctl.operations.plan import PlanPorts
from hybridctl.operations.proof import prove_version
from hybridctl.operations.proposal import Prepared
from hybridctl.operations.read_ahead import read_ahead
from hybridctl.operations.record import RecordPorts, begin, read_last_lineup, record_release
from hybridctl.operations.shift import Gradual, ShiftPorts, alarms_before, stopping_alarms
from hybridctl.operations.terraform import collect_warnings, show_progress
from hybridctl.operations.traffic import TrafficPorts
from hybridctl.operations.warm_up import find_kept
from hybridctl.operations.workers import gather_members, moves_of, moving_together


class DeployPorts(RecordPorts, TrafficPorts, ShiftPorts, PlanPorts, Protocol):
    """The ports that a deploy uses."""


def carry_out(run: Deploy, prepared: Prepared, request: DeployRequest) -> Deployed | LeftRunning:
    """Apply the plan and shift traffic. An error describes the state in which the environment was left."""
    run.backend.probe.prepare()
    if prepared.alias and prepared.alias.weights and not _is_allocating(run, prepared.alias):
        raise ReleaseInProgress(
            f"the alias {prepared.alias.name} splits traffic between versions {prepared.alias.version} and "
            f"{', '.join(str(version) for version in prepared.alias.weights)}; no release of hybridctl did that",
            hint=f"hybridctl rollback --version {prepared.alias.version} shifts all traffic to one version",
        )
    run.save_variables(request)
    red = alarms_before(run.backend.alarms, request.shift, prepared.outputs)
    facts = {
        "build": prepared.package.build,
        "package_sha256": prepared.package.sha256,
        "changes": prepared.plan.changes.summary,
        "plan_id": prepared.plan.id,
        "allowed": tuple(request.allowed),
        "engine": str(run.backend.terraform.engine()),
        "version_before": prepared.alias.served if prepared.alias else None,
    }
    lineup = read_last_lineup(run.backend.journal) if run.backend.workers.list_declared() else None
    release = begin(run.backend, run.checkout, run.clock, Kind.DEPLOY, request.reason, facts, after=prepared.mark)
    if prepared.package.doubt:
        release = replace(release, source=replace(release.source, doubt=prepared.package.doubt))
    with record_release(run.backend, run.clock, run.progress, release, after=prepared.mark) as draft:
        if not prepared.plan.changes.empty:
            _must_be_the_package(run, prepared.package)
            _settle(run, prepared)
            _apply(run, prepared.plan)
        found, position = run.backend.state.read()
        outputs = must_have_outputs(found)
        traffic = run.open_traffic(outputs)
        read_ahead(lambda: traffic.gateway)  # for the proof
        version = secure_identity(run.backend, run.progress, outputs.newest_version, prepared.package)
        members = gather_members(run.backend, run.progress, traffic, prepared.package, lineup)
        draft.note(version_after=version, serial=position.serial if position else None, workers=moves_of(members))
        draft.keep()  # whoever comes after a kill must know which version was to be live
        prove_version(traffic, version, prepared.package.build, doubt=request.doubt)
        for member in members:
            member.prove(doubt=request.doubt)
        run.backend.probe.prepare(outputs.endpoint)
        draft.interrupts.raise_once()
        stop = stopping_alarms(request.shift, outputs)
        gradual = Gradual(run.backend, run.clock, traffic, draft, request.shift, stop, red, members=members)
        with moving_together(() if gradual.waits_with(version) else members):
            shifted = gradual.release(version, prepared.package.build)
        draft.note(verified=shifted is not None)
    run.keep(outputs)
    if shifted is None:
        rollout = draft.release.rollout
        assert rollout is not None  # noqa: S101  (nothing else is left running)
        return LeftRunning(run.backend.place.environment, rollout, draft.release, outputs.endpoint)
    return run.summarize(outputs, prepared, shifted.smoke, draft.release, shifted.watches, version)


def _is_allocating(run: Deploy, alias: Alias) -> bool:
    """Return whether Lambda set the weights itself, for a move that it has not finished."""
    return alias.is_allocating(find_kept(run.backend.functions))


def _must_be_the_package(run: Deploy, package: Package) -> None:
    """Raise PlanStale if the zip on disk is not the planned one: Terraform uploads the zip as it is during the
    apply.
    """
    if sha256_of(run.backend.artifacts.content()) != package.sha256:
        raise PlanStale(
            f"{package.path.name} no longer contains build {package.build}: another build has replaced it",
            hint=f"nothing was changed; run again: hybridctl deploy {run.backend.place.environment}",
        )


def _settle(run: Deploy, prepared: Prepared) -> None:
    """Cancel a move that Lambda has not finished, so that the serving version gets all traffic.

    While an alias has weights, Lambda refuses changes of its provisioned concurrency ("Alias with weights can not
    be used with Provisioned Concurrency"), so an apply would fail: hashicorp/terraform issue 24957.
    """
    alias = prepared.alias
    if alias is None or alias.held_at is None or prepared.outputs is None or not _is_allocating(run, alias):
        return
    with run.progress.step("settle") as step:
        give_all_to(run.open_traffic(prepared.outputs), alias.held_at, (alias.version, alias.held_at))
        step.done(f"{alias.name} serves version {alias.held_at}; the move to version {alias.version} had not finished")


def _apply(run: Deploy, plan: Plan) -> None:
    with run.progress.step("apply") as step:
        heard = collect_warnings(show_progress(step, len(plan.changes.resources)), run.warnings)
        run.backend.terraform.apply(plan, heard)
        run.backend.state.note_written()
        step.done(plan.changes.done)
