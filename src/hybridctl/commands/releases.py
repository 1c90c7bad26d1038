from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import app_context
from hybridctl.operations.releases import read_history


def releases(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 20,
) -> None:
    """List what was live when: version, outcome, who, commit and why. The live one is marked *."""
    app = app_context(ctx)
    app.screen.result(read_history(app.backend(chosen(environment, env)), limit))
