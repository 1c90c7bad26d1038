import typer

from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.status import Verdict, read_status

_CODES = {Verdict.UNHEALTHY: ExitCode.CHECK_FAILED, Verdict.NOT_DEPLOYED: ExitCode.NOT_FOUND}


def status(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> int:
    """Show whether the backend is healthy, what is live, and who released it."""
    app = app_context(ctx)
    found = read_status(app.backend(chosen(environment, env)))
    app.screen.result(found)
    return _CODES.get(found.verdict, ExitCode.OK)
