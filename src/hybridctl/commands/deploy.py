import re
from pathlib import Path
from typing import Annotated

import typer

from hybridctl.commands.completion import strategies
from hybridctl.commands.options import (
    Adopt,
    Allow,
    Built,
    DryRun,
    Environment,
    NamedEnvironment,
    Provider,
    Reason,
    ValuesOf,
    WhichProvider,
    Yes,
    choose_environment,
)
from hybridctl.commands.release_order import carry_out, make_order
from hybridctl.commands.variables import (
    Save,
    Variables,
    check_values,
    nothing_to_save,
    parse_adopts,
    parse_allows,
    parse_variables,
    say_values,
)
from hybridctl.context import Opening, app_context
from hybridctl.domain.shift import ShiftRequest
from hybridctl.domain.strategy import NOTATIONS, parse_strategy
from hybridctl.errors import UsageInvalid


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
    dry_run: DryRun = False,
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
    allows = parse_allows(allow)
    nothing_to_save(variables, save=save)
    how = parse_strategy(strategy) if strategy else None
    named = app.environment(choose_environment(environment, env))
    check_values(app, named.name, variables, values_of)
    _check_plan(plan_file, digest, others=bool(variables or values_of or package or adopts))
    if plan_file:
        app.checkout.disregard(plan_file)
    backend = app.backend(
        choose_environment(environment, env),
        changes=True,
        opening=Opening(start=True, real_provider=provider is Provider.HASHICORP),
    )
    target = app.environment(backend.place.environment)
    say_values(app, target.name, values_of)
    order = make_order(
        app,
        target,
        variables,
        save=save,
        reason=reason,
        yes=yes,
        values_of=values_of,
        allow=allows,
        adopts=adopts,
        package=package,
        shift=ShiftRequest(how or target.strategy, probe, detach, target.stop_alarms),
        plan_file=plan_file,
        digest=digest,
        dry_run=dry_run,
    )
    carry_out(app, backend, order)


def _check_plan(plan_file: Path | None, digest: str | None, *, others: bool) -> None:
    """Refuse options that cannot be combined."""
    if digest and not plan_file:
        raise UsageInvalid("--digest requires --plan", hint="add --plan FILE")
    if plan_file and others:
        raise UsageInvalid(
            "--plan contains its values and package: it cannot be combined with --var, --as, --package or --adopt",
            hint="create the plan again",
        )
