"""A plan that is made now, reviewed, and carried out later: kept with its ground, refused once that has moved."""

from pathlib import Path

from hybridctl.domain.environment import Consent, Environment
from hybridctl.domain.package import Package
from hybridctl.domain.reviewed import Ground, ReviewedPlan, moved
from hybridctl.errors import NeedsConsent, PlanStale
from hybridctl.operations.deploy import Deploy, DeployRequest, Prepared, heard, judge


def must_be_reviewed(target: Environment, plan_file: Path | None, *, yes: bool) -> None:
    """Return unless consent is given in advance where only a plan that somebody has read may get it."""
    if yes and plan_file is None and target.consent is Consent.TYPED:
        name = target.name
        raise NeedsConsent(
            f"Deploy to {name}: --yes is taken there only with a plan that was reviewed",
            hint=f"hybridctl plan {name} --out FILE, read it, then hybridctl deploy {name} --plan FILE --yes",
        )


def keep(run: Deploy, prepared: Prepared, request: DeployRequest, path: Path) -> None:
    """Write the plan to `path` with everything that `prepare_reviewed` will ask of it."""
    backend = run.backend
    kept = ReviewedPlan(
        ground=_ground(run, prepared.package),
        actor=run.checkout.actor(),
        made=run.clock.now(),
        plan=backend.terraform.saved(prepared.plan),
        package=backend.artifacts.content(),
        locks=backend.terraform.locks(),
        variables=request.plan.variables,
    )
    backend.plan_files.write(path, kept)


def prepare_reviewed(run: Deploy, path: Path, request: DeployRequest) -> Prepared:
    """What `Deploy.prepare` gives, from the file; PlanStale names all that is not as it was when the plan was made."""
    backend, progress = run.backend, run.progress
    reviewed = backend.plan_files.read(path)
    with progress.step("package") as step:
        package = backend.artifacts.restore(reviewed.package)
        step.done(f"of the plan, {package.size / 1000:.1f} kB, build {package.build}")
    with progress.step("init") as step:
        if reviewed.locks is not None:
            backend.terraform.use_locks(reviewed.locks)
        backend.terraform.init(heard(step, 0))
        step.done(str(backend.terraform.engine()))
    with progress.step("plan") as step:
        found = moved(reviewed.ground, _ground(run, package))
        if found:
            whose = f"the plan of {reviewed.made:%Y-%m-%d %H:%M} UTC by {reviewed.actor}"
            raise PlanStale(
                f"{whose} no longer fits: {'; '.join(found)}",
                hint=f"hybridctl plan {backend.place.environment} --out {path}, and review that one",
            )
        plan = backend.terraform.read(reviewed.plan)
        step.done(f"{plan.changes.summary}, made {reviewed.made:%Y-%m-%d %H:%M} UTC by {reviewed.actor}")
    try:
        judge(plan, request)
        return Prepared(package, plan, backend.state.outputs(), backend.functions.live())
    except BaseException:
        backend.terraform.discard(plan)
        raise


def _ground(run: Deploy, package: Package) -> Ground:
    backend, place = run.backend, run.backend.place
    position = backend.state.position()
    source = run.checkout.source()
    return Ground(
        environment=place.environment,
        account=place.account,
        region=place.region,
        build=package.build,
        package_sha256=package.sha256,
        commit=f"{source.commit or ''}{' with changes' if source.dirty else ''}",
        engine=str(backend.terraform.engine()),
        lineage=position.lineage if position else "",
        serial=position.serial if position else 0,
    )
