import re
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hybridctl.commands.completion import strategies
from hybridctl.commands.options import (
    Adopt,
    Allow,
    Built,
    Environment,
    NamedEnvironment,
    Provider,
    Reason,
    ValuesOf,
    WhichProvider,
    Yes,
    choose_environment,
)
from hybridctl.commands.variables import (
    Save,
    Variables,
    check_values,
    nothing_to_save,
    parse_adopts,
    parse_variables,
    say_values,
    say_way_back,
)
from hybridctl.context import AppContext, Opening, app_context
from hybridctl.domain.cost.plan import cost_delta
from hybridctl.domain.engine import PlanRequest
from hybridctl.domain.environment import Consent
from hybridctl.domain.package import Package
from hybridctl.domain.strategy import NOTATIONS, parse_strategy
from hybridctl.domain.target import describe_other_python, is_python_of
from hybridctl.errors import BuildFailed, UsageInvalid
from hybridctl.operations.deploy import Deploy, DeployRequest
from hybridctl.operations.plan import Planned, Prepared, Proposal
from hybridctl.operations.recorded import close_dead, no_rollout_may_run
from hybridctl.operations.reviewed import must_be_reviewed, prepare_reviewed
from hybridctl.operations.shift import ShiftRequest
from hybridctl.ports.backend import Backend


def _check_digest(digest: str | None) -> str | None:
    if digest is not None and not re.fullmatch(r"[0-9A-Fa-f]{16,64}", digest):
        raise UsageInvalid("--digest requires 16 to 64 hex digits", hint="sha256sum FILE prints them")
    return digest


def deploy(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    values_of: ValuesOf = None,
    var: Variables = None,
    save: Save = False,
    provider: WhichProvider = Provider.SANDBOX,
    allow: Allow = None,
    adopt: Adopt = None,
    package: Built = None,
    plan_file: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Apply this plan and package, saved by `plan --out`."),
    ] = None,
    digest: Annotated[
        str | None,
        typer.Option(
            metavar="SHA256",
            help="Apply the plan only if its SHA-256 equals this value or begins with it.",
            show_default=False,
            callback=_check_digest,
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            envvar="HYBRIDCTL_STRATEGY",
            show_envvar=False,
            metavar="HOW",
            autocompletion=strategies,
            help=f"How to shift traffic: {NOTATIONS} [default: the environment's].",
            show_default=False,
        ),
    ] = None,
    probe: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Send N synthetic requests in each step.", show_default=False),
    ] = 0,
    detach: Annotated[
        bool, typer.Option("--detach", help="Exit after the first traffic shift; finish later with promote or abort.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")] = False,
    reason: Reason = "",
    yes: Yes = False,
) -> None:
    """Build, plan, apply, smoke-test the new version, shift traffic, verify, and roll back automatically on failure.

    Examples:
      hybridctl deploy staging -m 'session epochs'
      hybridctl deploy staging --strategy canary:10@5m
      hybridctl deploy production --plan release.plan
      hybridctl deploy local --as production
    """
    app = app_context(ctx)
    variables = parse_variables(var)
    adopts = parse_adopts(adopt)
    nothing_to_save(variables, save=save)
    how = parse_strategy(strategy) if strategy else None
    named = app.environment(choose_environment(environment, env))
    check_values(app, named.name, variables, values_of)
    _check_plan(plan_file, digest, others=bool(variables or values_of or package or adopts))
    backend = app.backend(
        choose_environment(environment, env),
        changes=True,
        opening=Opening(start=True, real_provider=provider is Provider.HASHICORP),
    )
    target = app.environment(backend.place.environment)
    say_values(app, target.name, values_of)
    must_be_reviewed(target, plan_file, yes=yes)
    question = f"Deploy to {target.name}"
    if not dry_run:
        app.screen.must_be_answerable(question, target.consent, given=yes)
    shift = ShiftRequest(how or target.strategy, probe, detach, target.stop_alarms)
    bootstraps = target.consent is Consent.NONE or (yes and not dry_run)
    function, workers = app.settings.function(target.name), app.settings.worker_functions(target.name)
    asked = PlanRequest(variables, values_of)
    proposal = Proposal(
        asked, tuple(allow or ()), target.protected, package, bootstraps, function, adopts, not dry_run, workers
    )
    request = DeployRequest(reason, shift, variables if save else {}, proposal.waived)
    run = Deploy(backend, app.checkout, app.clock, app.screen.progress(), f"hybridctl-smoke-{secrets.token_hex(4)}")
    no_rollout_may_run(backend)
    if not dry_run and (left := close_dead(backend)):
        app.screen.say(f"note: {left.kind} {left.id} by {left.actor} died before finishing; this deploy repairs it")
    if plan_file:
        prepared = prepare_reviewed(
            backend, app.checkout, app.open_plan_files(), run.progress, plan_file, proposal, digest
        )
    else:
        prepared = run.prepare(proposal)
    _say_notes(app, prepared)
    try:
        cost = cost_delta(prepared.plan.content, app.prices.of(backend.place.region))
        if dry_run:
            app.screen.result(Planned.of(target.name, prepared, cost=cost, strategy=str(shift.strategy)))
            return
        if prepared.nothing_to_do:
            app.screen.result(run.confirm_unchanged(prepared, request))
            say_way_back(app, target.name, values_of, prepared.plan.content)
            return
        if not backend.place.endpoint:
            app.screen.say(prepared.plan.changes)
        if cost and (values_of or not backend.place.endpoint):  # the sandbox itself is free
            app.screen.say(cost)
        app.screen.consent(question, target.name, target.consent, given=yes)
        _say_gaps(app, backend)
        request = replace(request, doubt=_doubt(app, backend, prepared.package))
        app.screen.result(run.carry_out(prepared, request))
        say_way_back(app, target.name, values_of, prepared.plan.content)
    finally:
        backend.terraform.discard(prepared.plan)


def _check_plan(plan_file: Path | None, digest: str | None, *, others: bool) -> None:
    """Refuse what does not go together."""
    if digest and not plan_file:
        raise UsageInvalid("--digest requires --plan", hint="add --plan FILE")
    if plan_file and others:
        raise UsageInvalid(
            "--plan contains its values and package: it cannot be combined with --var, --as, --package or --adopt",
            hint="create the plan again",
        )


def _say_notes(app: AppContext, prepared: Prepared) -> None:
    """What is worth a look before anything changes: at the package, and at where it comes from."""
    if doubt := app.checkout.source().doubt:
        app.screen.say(f"note: the record cannot show whether this is the commit's code: {doubt}")
    if prepared.package.doubt:
        app.screen.say(f"note: {prepared.package.doubt}")
    for note in prepared.notes:
        app.screen.say(f"note: {note}")


def _say_gaps(app: AppContext, backend: Backend) -> None:
    """What this machine lacks of what Lambda has, where that can hide a failure."""
    if backend.place.endpoint:
        runtime = app.settings.runtime
        version = app.prerequisites.function_python(runtime)
        if not is_python_of(runtime, version):
            app.screen.say(f"note: {describe_other_python(runtime, version)}")
        if reason := app.prerequisites.unable_to_isolate():
            app.screen.say(f"note: {reason}")


def _doubt(app: AppContext, backend: Backend, package: Package) -> str:
    """Provide what the sandbox needs to run machine code; why it cannot, said before it tries, or ""."""
    if not (backend.place.endpoint and package.machine_code):
        return ""
    settings = app.settings
    reason = app.prerequisites.unable_to_run(settings.runtime, settings.architecture)
    if not reason:
        return ""
    held = f"machine code for {settings.runtime}, {settings.architecture} ({package.machine_code[0]})"
    try:
        again = app.prerequisites.provide_machine_code(package, settings.runtime)
    except BuildFailed as why:
        doubt = f"the package contains {held}, and {reason}: AWS can load it, the sandbox cannot ({why})"
        app.screen.say(f"note: {doubt}")
        return doubt
    app.screen.say(
        f"note: the package contains {held}, and {reason}: the sandbox runs its own copy of {', '.join(again)}"
    )
    return ""
