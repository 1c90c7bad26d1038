from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, choose_environment
from hybridctl.context import app_context
from hybridctl.errors import NotDeployed


def outputs(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    raw: Annotated[
        str | None, typer.Option(metavar="NAME", help="Print only this value, for $(…), even if it is sensitive.")
    ] = None,
) -> None:
    """Show Terraform's outputs: endpoint, tables, function. Sensitive values are masked.

    Examples:
      hybridctl outputs staging
      API_ENDPOINT=$(hybridctl outputs staging --raw api_endpoint)
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env))
    found = backend.state.outputs()
    name = backend.place.environment
    if found is None:
        raise NotDeployed(f"{name} is not deployed, so it has no outputs", hint=f"hybridctl deploy {name}")
    app.checkout.keep_outputs(name, found)
    if raw is not None:
        app.screen.plain(found.text(raw))
    else:
        app.screen.result(found)
