from collections import deque
from typing import Annotated

import typer

from hybridctl.context import app_context
from hybridctl.domain.sandbox import ServerLog
from hybridctl.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="The offline environment's own server.")


@app.command()
def start(
    ctx: typer.Context,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port on loopback.", show_default=False)] = None,
    enforce_iam: Annotated[
        bool | None,
        typer.Option(
            "--enforce-iam/--no-enforce-iam",
            help="Decide each call by the caller's IAM policies from now on. [default: as before; at first not]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Start it, or say where it already runs.

    Examples:
      hybridctl sandbox start
      hybridctl sandbox start --enforce-iam
    """
    found = app_context(ctx)
    found.screen.result(found.sandbox.start(port=port, enforce_iam=enforce_iam))


@app.command()
def stop(ctx: typer.Context) -> None:
    """Stop it; what was made in it is kept.

    Examples:
      hybridctl sandbox stop
    """
    found = app_context(ctx)
    if not found.sandbox.stop():
        found.screen.say("it was not running")
    found.screen.result(found.sandbox.status())


@app.command()
def status(ctx: typer.Context) -> None:
    """Show whether it runs, and what to export to use the AWS CLI on it.

    Examples:
      hybridctl sandbox status
    """
    found = app_context(ctx)
    found.screen.result(found.sandbox.status())


@app.command()
def reset(ctx: typer.Context) -> None:
    """Forget everything that was made in it.

    Examples:
      hybridctl sandbox reset
    """
    found = app_context(ctx)
    found.screen.result(found.sandbox.reset())


@app.command()
def logs(
    ctx: typer.Context, limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many lines.")] = 50
) -> None:
    """Print the last lines of the server's own log.

    Examples:
      hybridctl sandbox logs --limit 100
    """
    found = app_context(ctx)
    try:
        with found.sandbox.log.open(encoding="utf-8", errors="replace") as lines:
            found.screen.result(ServerLog(tuple(line.rstrip() for line in deque(lines, limit))))
    except FileNotFoundError as cause:
        raise NotFound("the sandbox has not run yet", hint="hybridctl sandbox start") from cause
