import typer

from hybridctl.commands.options import Environment, NamedEnvironment, choose_environment
from hybridctl.context import app_context
from hybridctl.settings_sources import describe_settings


def config(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> None:
    """Show every setting of an environment, its value, and where the value comes from. Makes no AWS calls.

    A setting comes from a HYBRIDCTL_* variable, a line of hybridctl.toml, or its default, in this order.

    Examples:
      hybridctl config staging
      hybridctl config production --json
    """
    app = app_context(ctx)
    app.screen.result(describe_settings(app.settings, choose_environment(environment, env)))
