from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from hybridctl.commands.options import (
    Adopt,
    Allow,
    Built,
    Environment,
    NamedEnvironment,
    Provider,
    ValuesOf,
    WhichProvider,
    choose_environment,
)
from hybridctl.commands.variables import (
    Variables,
    check_values,
    parse_adopts,
    parse_allows,
    parse_variables,
    say_values,
)
from hybridctl.context import Opening, app_context
from hybridctl.domain.cost.plan import cost_delta
from hybridctl.domain.engine import PlanRequest
from hybridctl.domain.environment import Consent
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.plan import prepare
from hybridctl.operations.proposal import Planned, Proposal
from hybridctl.operations.review_plan import keep


def plan(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    values_of: ValuesOf = None,
    var: Variables = None,
    provider: WhichProvider = Provider.SANDBOX,
    allow: Allow = None,
    adopt: Adopt = None,
    package: Built = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the plan and its package to FILE, for `deploy --plan`.")
    ] = None,
    detailed_exitcode: Annotated[bool, typer.Option(help="Exit with code 5 if there are changes.")] = False,
) -> int:
    """Show what a deploy would change, most dangerous first, and whether the policy allows it.

    Examples:
      hybridctl plan staging
      hybridctl plan production --out release.plan
      hybridctl plan staging --var cors_origins='["https://app.example.com"]'
    """
    app = app_context(ctx)
    variables = parse_variables(var)
    named = app.environment(choose_environment(environment, env))
    if out:
        app.checkout.disregard(out)
    check_values(app, named.name, variables, values_of)
    adopts = parse_adopts(adopt)
    allows = parse_allows(allow)
    backend = app.backend(
        choose_environment(environment, env), opening=Opening(start=True, real_provider=provider is Provider.HASHICORP)
    )
    target = app.environment(backend.place.environment)
    say_values(app, target.name, values_of)
    bootstraps = target.consent is Consent.NONE
    request, function = PlanRequest(variables, values_of), app.settings.function(target.name)
    proposal = Proposal(request, allows, target.protected, package, bootstraps, function, adopts)
    proposal = replace(proposal, workers=app.settings.worker_functions(target.name))
    prepared = prepare(backend, app.screen.progress(), proposal)
    digest = None
    try:
        if out:
            digest = keep(backend, app.checkout, app.open_plan_files(), app.clock, prepared, proposal, out)
    finally:
        backend.terraform.discard(prepared.plan)
    for note in prepared.notes:
        app.screen.say(f"note: {note}")
    cost = cost_delta(prepared.plan.content, app.prices.of(backend.place.region))
    file = str(out) if out else None
    app.screen.result(Planned.of(backend.place.environment, prepared, cost=cost, file=file, digest=digest))
    would_change = not prepared.plan.changes.empty or prepared.other_code is not None
    return ExitCode.CHECK_FAILED if detailed_exitcode and would_change else ExitCode.OK
