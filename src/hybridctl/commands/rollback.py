from typing import Annotated

import typer

from hybridctl.commands.completion import releases
from hybridctl.commands.options import (
    DryRun,
    Environment,
    NamedEnvironment,
    Reason,
    Yes,
    choose_environment,
)
from hybridctl.context import app_context
from hybridctl.errors import UsageInvalid
from hybridctl.operations.record import close_dead
from hybridctl.operations.rollback import Rollback, plan_rollback


def rollback(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    version: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Version to roll back to [default: the last one that was live and verified].",
            show_default=False,
        ),
    ] = None,
    release: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Roll back to the version of this release (id or the beginning of it).",
            autocompletion=releases,
        ),
    ] = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Shift traffic back to an earlier version. The version is smoke-tested before the shift and verified after it.

    Examples:
      hybridctl rollback staging -m '5xx since 14:02'
      hybridctl rollback staging --version 3 --dry-run
    """
    app = app_context(ctx)
    if version is not None and release is not None:
        raise UsageInvalid("--version and --release cannot be combined", hint="use one of them")
    backend = app.backend(choose_environment(environment, env), changes=True)
    target = app.environment(backend.place.environment)
    question = f"Roll back {target.name}"
    if not dry_run:
        app.screen.must_be_answerable(question, target.consent, given=yes)
        if left := close_dead(backend, backend.journal.claim()):
            app.screen.say(f"note: {left.kind} {left.id} by {left.actor} died before finishing")
    plan = plan_rollback(backend, to=version, release=release)
    if dry_run or plan.is_noop:
        app.screen.result(plan)
        return
    app.screen.say(plan)
    app.screen.consent(question, target.name, target.consent, given=yes)
    run = Rollback(backend, app.checkout, app.clock, app.screen.progress(), app.smoke_user)
    app.screen.result(run.carry_out(plan, reason))
