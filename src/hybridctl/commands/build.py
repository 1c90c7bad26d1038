from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, choose_environment
from hybridctl.context import app_context
from hybridctl.domain.package import Package
from hybridctl.errors import UsageInvalid
from hybridctl.operations import build as operation
from hybridctl.views.screen import Screen


def build(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    verify: Annotated[bool, typer.Option("--verify", help="Build twice from scratch and compare the bytes.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="List the files that differ from the live version.")
    ] = False,
) -> None:
    """Build the function's zip: the handler and its requirements, byte for byte the same on every machine.

    Examples:
      hybridctl build
      hybridctl build --verify
      hybridctl build --explain staging
    """
    app = app_context(ctx)
    name = choose_environment(environment, env)
    if verify and explain:
        raise UsageInvalid("--verify and --explain cannot be combined", hint="use one at a time")
    if name and not explain:
        raise UsageInvalid(
            f"the package is the same for {name} as for every environment", hint=f"hybridctl build --explain {name}"
        )
    if explain:
        explained = operation.explain(app.backend(name))
        _show(app.screen, explained, explained.package)
    elif verify:
        verified = operation.verify(app.artifacts)
        _show(app.screen, verified, verified.package)
    else:
        package = app.artifacts.build()
        _show(app.screen, package, package)


def _show(screen: Screen, result: object, package: Package) -> None:
    for note in package.notes:
        screen.say(f"note: {note}")
    screen.result(result)
