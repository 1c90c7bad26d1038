import typer

from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import app_context


def config(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> None:
    """Show every setting of an environment with its value and where that comes from; asks AWS nothing.

    A setting comes from a line of hybridctl.toml, from a HYBRIDCTL_* variable, which wins, or is the default.

    Examples:
      hybridctl config staging
      hybridctl config production --json
    """
    app = app_context(ctx)
    app.screen.result(app.settings.describe(chosen(environment, env)))
