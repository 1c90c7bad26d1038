import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Reason, choose_environment
from hybridctl.context import app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.promote import Ending


def abort(
    ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None, reason: Reason = ""
) -> int:
    """Roll back a running canary, linear or blue-green release, from any machine. Does not ask for confirmation.

    Examples:
      hybridctl abort production -m 'p95 doubled'
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=True)
    run = Ending(backend, app.checkout, app.clock, app.screen.progress(), app.smoke_user)
    aborted = run.abort(run.find(), reason)
    app.screen.result(aborted)
    if aborted.smoke.is_silent:
        return ExitCode.OUTCOME_UNKNOWN
    return ExitCode.OK if aborted.smoke.ok else ExitCode.CHECK_FAILED
