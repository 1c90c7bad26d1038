"""Save a plan with its conditions for a review, and apply it later only if they still hold."""

from dataclasses import replace
from pathlib import Path
from shlex import quote

from hybridctl.domain.package import Package
from hybridctl.domain.reviewed_plan import Ground, ReviewedPlan, find_differences
from hybridctl.errors import DigestDiffers, PlanStale
from hybridctl.operations.plan import PlanPorts, judge_plan
from hybridctl.operations.proposal import Prepared, Proposal
from hybridctl.operations.situation import read_situation
from hybridctl.operations.terraform import init
from hybridctl.ports.machine import Checkout, PlanFiles
from hybridctl.ports.run import Clock, Progress


def keep(
    backend: PlanPorts,
    checkout: Checkout,
    files: PlanFiles,
    clock: Clock,
    prepared: Prepared,
    proposal: Proposal,
    path: Path,
) -> str:
    """Write the plan to `path` with everything that `prepare_reviewed` checks; return its digest."""
    kept = ReviewedPlan(
        ground=_ground(backend, checkout, prepared.package),
        actor=checkout.actor(),
        made=clock.now(),
        plan=backend.terraform.read_saved(prepared.plan),
        package=backend.artifacts.content(),
        locks=backend.terraform.locks(),
        variables=proposal.plan.variables,
    )
    return files.write(path, kept)


def prepare_reviewed(
    backend: PlanPorts,
    checkout: Checkout,
    files: PlanFiles,
    progress: Progress,
    path: Path,
    proposal: Proposal,
    digest: str | None = None,
) -> Prepared:
    """Return the prepared deploy from the file. Raises PlanStale naming everything that has changed since the plan was
    made.

    Raises DigestDiffers if the file's SHA-256 does not begin with `digest`.
    """
    reviewed = files.read(path)
    if digest and not reviewed.digest.startswith(digest.lower()):
        raise DigestDiffers(
            f"the plan {path} has the SHA-256 {reviewed.digest}, not {digest}",
            hint="this is not the plan that was reviewed: review it before you apply it",
        )
    with progress.step("package") as step:
        package = backend.artifacts.restore(reviewed.package)
        step.done(f"of the plan, {package.size / 1000:.1f} kB, build {package.build}")
    if reviewed.locks is not None:
        backend.terraform.use_locks(reviewed.locks)
    init(backend, progress)
    with progress.step("plan") as step:
        differences = find_differences(reviewed.ground, _ground(backend, checkout, package))
        if differences:
            whose = f"the plan of {reviewed.made:%Y-%m-%d %H:%M} UTC by {reviewed.actor}"
            raise PlanStale(
                f"{whose} is out of date: {'; '.join(differences)}",
                hint=f"review a new one: hybridctl plan {backend.place.environment} --out {quote(str(path))}",
            )
        outputs = backend.state.outputs()
        situation = read_situation(backend, package, outputs)
        plan = backend.terraform.read(reviewed.plan)
        step.done(f"{plan.changes.summary}, made {reviewed.made:%Y-%m-%d %H:%M} UTC by {reviewed.actor}")
    return replace(judge_plan(backend, proposal, package, plan, outputs, situation), digest=reviewed.digest)


def _ground(backend: PlanPorts, checkout: Checkout, package: Package) -> Ground:
    place = backend.place
    position = backend.state.position()
    source = checkout.source()
    return Ground(
        environment=place.environment,
        account=place.account,
        region=place.region,
        build=package.build,
        package_sha256=package.sha256,
        commit=f"{source.commit or ''}{' with changes' if source.dirty else ''}{' (unknown)' if source.doubt else ''}",
        engine=str(backend.terraform.engine()),
        lineage=position.lineage if position else "",
        serial=position.serial if position else 0,
    )
