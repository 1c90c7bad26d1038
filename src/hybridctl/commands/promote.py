from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, choose_environment
from hybridctl.context import app_context
from hybridctl.operations.promote import Ending


def promote(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    force: Annotated[
        bool, typer.Option("--force", help="Promote even if the metrics say the new version is worse.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Shift all traffic to the new version of a running canary, linear or blue-green release, from any machine.

    Examples:
      hybridctl promote production
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=True)
    run = Ending(backend, app.checkout, app.clock, app.screen.progress(), app.smoke_user)
    pending = run.find()
    if not force:
        pending = run.judge(pending)
    app.screen.say(pending)
    app.ask_consent(f"Promote on {backend.place.environment}", backend, given=yes)
    app.screen.result(run.promote(pending))
