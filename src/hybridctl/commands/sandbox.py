from collections import deque
from typing import Annotated

import typer

from hybridctl.context import app_context
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import ci_access
from hybridctl.domain.iam.engineer import engineer_policy
from hybridctl.domain.iam.policy import Document, split
from hybridctl.domain.iam.subject import Subject
from hybridctl.domain.sandbox import RehearsalKey, RehearsedRole, ServerLog
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
def key(
    ctx: typer.Context,
    role: Annotated[
        RehearsedRole,
        typer.Argument(metavar="engineer|ci|plan", help="Whose permissions: an engineer's, or those of CI's roles."),
    ],
) -> None:
    """Print the key of a user who may do what that role may in AWS, and have the sandbox enforce IAM.

    With `eval "$(hybridctl sandbox key engineer)"` hybridctl and Terraform work as that user; `sandbox start
    --no-enforce-iam` has the sandbox allow everything again.

    Examples:
      hybridctl sandbox key engineer
      hybridctl sandbox key ci
    """
    found = app_context(ctx)
    target = found.environment(next((one.name for one in found.settings.environments.values() if one.sandbox), None))
    status = found.sandbox.start(enforce_iam=True)
    place = Place(target.name, str(status.account), str(status.region))
    policies = split(_policy(role, found.settings.names(target.name), place))
    made = found.sandbox.make_key(role.value, policies)
    found.screen.result(RehearsalKey(role, made))


def _policy(role: RehearsedRole, names: Names, place: Place) -> Document:
    if role is RehearsedRole.ENGINEER:
        return engineer_policy(names, place)
    deploys, plans = ci_access(names, place, Subject(""), is_protected=True).roles
    return plans.permissions if role is RehearsedRole.PLAN else deploys.permissions


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
    app = app_context(ctx)
    found = app.sandbox.status()
    app.screen.result(found)
    if not found.running:
        app.screen.say("→ hybridctl sandbox start")


@app.command()
def gaps(ctx: typer.Context) -> None:
    """List what a rehearsal cannot show: where the sandbox differs from AWS, and which resource types it has.

    Examples:
      hybridctl sandbox gaps
      hybridctl sandbox gaps --json
    """
    found = app_context(ctx)
    found.screen.result(found.sandbox.gaps())
    if reason := found.prerequisites.unable_to_isolate():
        found.screen.say(f"note: {reason}")


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
