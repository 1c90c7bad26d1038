import typer

from hybridctl.commands.options import Environment, NamedEnvironment, choose_environment
from hybridctl.commands.variables import say_shell_variables
from hybridctl.context import app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.drift import find_drift


def drift(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> int:
    """Show attributes that were changed outside Terraform. Exit code 5 if there are any.

    Examples:
      hybridctl drift staging
    """
    app = app_context(ctx)
    say_shell_variables(app)
    found = find_drift(app.backend(choose_environment(environment, env)), app.screen.progress())
    app.screen.result(found)
    return ExitCode.CHECK_FAILED if found.resources else ExitCode.OK
