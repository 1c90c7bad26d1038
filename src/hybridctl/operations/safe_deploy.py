"""The order of a safe deploy: no plan beside a rollout, no change without consent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hybridctl.domain.environment import Consent, Environment
from hybridctl.domain.package import Package
from hybridctl.domain.policy import find_protected
from hybridctl.domain.shift import LeftRunning
from hybridctl.domain.target import describe_other_python, is_python_of
from hybridctl.durations import describe_duration
from hybridctl.errors import BuildFailed, NeedsConsent
from hybridctl.operations.deploy import Deploy, Deployed, DeployRequest
from hybridctl.operations.proposal import Planned, Prepared, Proposal
from hybridctl.operations.record import close_dead, no_rollout_may_run
from hybridctl.operations.terraform import name_warning
from hybridctl.ports.machine import PlanFiles, Prerequisites, Prices
from hybridctl.ports.run import Person

_WITHOUT_PHASES = 300.0  # seconds for apply, proof, verification and record

if TYPE_CHECKING:
    from hybridctl.domain.cost.plan import CostDelta


@dataclass(frozen=True, slots=True)
class DeployOrder:
    """The requested deploy; `plan_file` is a reviewed plan, whose SHA-256 must begin with `digest` if that is given.

    `yes` is consent given in advance. `values_of` names the environment whose values are rehearsed.
    """

    target: Environment
    proposal: Proposal = field(default_factory=Proposal)
    request: DeployRequest = field(default_factory=DeployRequest)
    plan_file: Path | None = None
    digest: str | None = None
    values_of: str | None = None
    dry_run: bool = False
    yes: bool = False

    @property
    def question(self) -> str:
        return f"Deploy to {self.target.name}"


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a deploy needs from this machine; `runtime` and `architecture` are the function's."""

    open_prices: Callable[[], Prices]
    prerequisites: Prerequisites
    open_plan_files: Callable[[], PlanFiles]
    runtime: str
    architecture: str


def deploy_safely(
    run: Deploy, person: Person, workshop: Workshop, order: DeployOrder
) -> Planned | Deployed | LeftRunning:
    """Plan, show, ask and carry out; a dry run ends after the plan.

    Raises NeedsConsent before planning if nobody could consent later.
    """
    _must_be_reviewed(order)
    if not order.dry_run:
        person.must_be_answerable(order.question, order.target.consent, given=order.yes)
    claim = run.backend.journal.claim()
    no_rollout_may_run(claim)
    if not order.dry_run and (left := close_dead(run.backend, claim)):
        person.say(f"note: {left.kind} {left.id} by {left.actor} died before finishing; this deploy repairs it")
    prepared = _prepare(run, workshop, order)
    try:
        _say_notes(run, person, prepared)
        cost = _find_cost(run, workshop, order, prepared)
        if order.dry_run:
            return Planned.of(order.target.name, prepared, cost=cost, strategy=str(order.request.shift.strategy))
        if prepared.nothing_to_do:
            done: Deployed | LeftRunning = run.confirm_unchanged(prepared, order.request)
        else:
            from hybridctl.operations.carry_out import carry_out

            _agree(run, person, order, prepared, cost)
            _say_gaps(run, person, workshop)
            doubt = _provide_machine_code(run, person, workshop, prepared.package)
            try:
                done = carry_out(run, prepared, replace(order.request, doubt=doubt))
            finally:
                for warning in map(name_warning, run.warnings):
                    if warning not in prepared.notes:
                        person.say(f"note: {warning}")
        if way_back := _describe_way_back(order, prepared.plan.content):
            person.say(f"note: {way_back}")
        return done
    finally:
        run.backend.terraform.discard(prepared.plan)


def _import_release() -> None:
    """Import what only a plan with changes needs."""
    import hybridctl.operations.carry_out  # noqa: F401


def _must_be_reviewed(order: DeployOrder) -> None:
    """Raise NeedsConsent if consent is given in advance where it requires a reviewed plan."""
    if order.yes and order.plan_file is None and order.target.consent is Consent.TYPED:
        name = order.target.name
        raise NeedsConsent(
            f"{order.question}: --yes requires a reviewed plan",
            hint=f"hybridctl plan {name} --out FILE, review it, then hybridctl deploy {name} --plan FILE --yes",
        )


def _prepare(run: Deploy, workshop: Workshop, order: DeployOrder) -> Prepared:
    if order.plan_file is None:
        is_sandbox = run.backend.place.endpoint is not None
        return run.prepare(
            order.proposal,
            for_changes=[_import_release, *([workshop.prerequisites.unable_to_isolate] if is_sandbox else [])],
        )
    from hybridctl.operations.review_plan import prepare_reviewed

    files = workshop.open_plan_files()
    return prepare_reviewed(
        run.backend, run.checkout, files, run.progress, order.plan_file, order.proposal, order.digest
    )


def _say_notes(run: Deploy, person: Person, prepared: Prepared) -> None:
    """Print notes about the package and its source before anything changes."""
    if doubt := run.checkout.source().doubt:
        person.say(f"note: the record cannot show whether this is the commit's code: {doubt}")
    for note in (prepared.package.doubt, *prepared.notes):
        if note:
            person.say(f"note: {note}")


def _find_cost(run: Deploy, workshop: Workshop, order: DeployOrder, prepared: Prepared) -> "CostDelta | None":
    """Return the change of the monthly bill; None where nobody sees it, because the sandbox itself is free."""
    if run.backend.place.endpoint and not (order.dry_run or order.values_of):
        return None
    from hybridctl.domain.cost.plan import cost_delta

    return cost_delta(prepared.plan.content, workshop.open_prices().of(run.backend.place.region))


def _agree(run: Deploy, person: Person, order: DeployOrder, prepared: Prepared, cost: "CostDelta | None") -> None:
    """Show the changes, their cost and what may end the release early. Raises NeedsConsent unless the user agrees."""
    is_sandbox = run.backend.place.endpoint is not None
    if not is_sandbox:
        person.say(prepared.plan.changes)
    if cost:
        person.say(cost)
    if short := _find_short_credentials(run, order):
        person.say(f"note: {short}")
    person.consent(order.question, order.target.name, order.target.consent, given=order.yes)


def _find_short_credentials(run: Deploy, order: DeployOrder) -> str:
    """Return a warning if the credentials may expire during the release, which then ends in between, or ""."""
    end = run.backend.place.credentials_end
    if end is None:
        return ""
    left = (end - run.clock.now()).total_seconds()
    shift = order.request.shift
    longest = _WITHOUT_PHASES + (0.0 if shift.detach else shift.strategy.longest_seconds)
    if left >= longest:
        return ""
    return (
        f"the credentials expire in {describe_duration(left)}, and this release may take "
        f"{describe_duration(longest)}: renew them first"
    )


def _say_gaps(run: Deploy, person: Person, workshop: Workshop) -> None:
    """Print what this machine lacks compared with Lambda, if that can hide a failure."""
    if run.backend.place.endpoint:
        version = workshop.prerequisites.function_python(workshop.runtime)
        if not is_python_of(workshop.runtime, version):
            person.say(f"note: {describe_other_python(workshop.runtime, version)}")
        if reason := workshop.prerequisites.unable_to_isolate():
            person.say(f"note: {reason}")


def _provide_machine_code(run: Deploy, person: Person, workshop: Workshop, package: Package) -> str:
    """Provide what the sandbox needs to run machine code; return why it cannot, which is also printed, or ""."""
    if not (run.backend.place.endpoint and package.machine_code):
        return ""
    reason = workshop.prerequisites.unable_to_run(workshop.runtime, workshop.architecture)
    if not reason:
        return ""
    held = f"machine code for {workshop.runtime}, {workshop.architecture} ({package.machine_code[0]})"
    try:
        again = workshop.prerequisites.provide_machine_code(package, workshop.runtime)
    except BuildFailed as why:
        doubt = f"the package contains {held}, and {reason}: AWS can load it, the sandbox cannot ({why})"
        person.say(f"note: {doubt}")
        return doubt
    person.say(f"note: the package contains {held}, and {reason}: the sandbox runs its own copy of {', '.join(again)}")
    return ""


def _describe_way_back(order: DeployOrder, plan: Mapping[str, Any]) -> str:
    """Return the command that restores an environment's own values after a rehearsal of another's; or ""."""
    name = order.target.name
    if not order.values_of or order.values_of == name:
        return ""
    allowed = "".join(f" --allow '{one}'" for one in find_protected(plan))
    return f"{name} now has the values of {order.values_of}; to restore its own: hybridctl deploy {name}{allowed}"
