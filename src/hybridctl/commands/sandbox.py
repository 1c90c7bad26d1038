from collections import deque
from typing import Annotated

import typer

from hybridctl.context import app_context
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import ci_access
from hybridctl.domain.iam.engineer import engineer_policy
from hybridctl.domain.iam.policy import Document, split
from hybridctl.domain.iam.subject import Subject
from hybridctl.domain.rehearsal import RehearsalKey, RehearsedRole
from hybridctl.domain.sandbox import ServerLog
from hybridctl.errors import NotFound

group = typer.Typer(no_args_is_help=True, help="Start, stop and inspect the offline environment.")


@group.command()
def start(
    ctx: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port on the loopback interface.", show_default=False)
    ] = None,
    enforce_iam: Annotated[
        bool | None,
        typer.Option(
            "--enforce-iam/--no-enforce-iam",
            help="Check every call against the caller's IAM policies. [default: as before; off at first]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Start the sandbox, or show where it is running.

    Examples:
      hybridctl sandbox start
      hybridctl sandbox start --enforce-iam
    """
    app = app_context(ctx)
    app.screen.result(app.sandbox.start(port=port, enforce_iam=enforce_iam))


@group.command()
def key(
    ctx: typer.Context,
    role: Annotated[
        RehearsedRole,
        typer.Argument(metavar="engineer|ci|plan", help="Permissions of an engineer, or of the CI roles."),
    ],
) -> None:
    """Print an access key with the permissions that the role has on AWS, and enforce IAM in the sandbox.

    After `eval "$(hybridctl sandbox key engineer)"`, hybridctl and Terraform use that key. `sandbox start
    --no-enforce-iam` switches enforcement off again.

    Examples:
      hybridctl sandbox key engineer
      hybridctl sandbox key ci
    """
    app = app_context(ctx)
    target = app.environment(next((one.name for one in app.settings.environments.values() if one.sandbox), None))
    status = app.sandbox.start(enforce_iam=True)
    place = Place(target.name, str(status.account), str(status.region))
    policies = split(_policy(role, app.settings.names(target.name), place))
    made = app.sandbox.make_key(role.value, policies)
    app.screen.result(RehearsalKey(role, made))


def _policy(role: RehearsedRole, names: Names, place: Place) -> Document:
    if role is RehearsedRole.ENGINEER:
        return engineer_policy(names, place)
    deploys, plans = ci_access(names, place, Subject(""), is_protected=True).roles
    return plans.permissions if role is RehearsedRole.PLAN else deploys.permissions


@group.command()
def stop(ctx: typer.Context) -> None:
    """Stop the sandbox. Its data is kept.

    Examples:
      hybridctl sandbox stop
    """
    app = app_context(ctx)
    if not app.sandbox.stop():
        app.screen.say("it was not running")
    app.screen.result(app.sandbox.status())


@group.command()
def status(ctx: typer.Context) -> None:
    """Show whether the sandbox is running, and the variables to export for the AWS CLI.

    Examples:
      hybridctl sandbox status
    """
    app = app_context(ctx)
    found = app.sandbox.status()
    app.screen.result(found)
    if not found.running:
        app.screen.say("→ hybridctl sandbox start")


@group.command()
def gaps(ctx: typer.Context) -> None:
    """List what a rehearsal cannot show: where the sandbox differs from AWS, and which resource types it has.

    Examples:
      hybridctl sandbox gaps
      hybridctl sandbox gaps --json
    """
    app = app_context(ctx)
    app.screen.result(app.sandbox.gaps())
    if reason := app.prerequisites.unable_to_isolate():
        app.screen.say(f"note: {reason}")


@group.command()
def reset(ctx: typer.Context) -> None:
    """Delete everything in the sandbox.

    Examples:
      hybridctl sandbox reset
    """
    app = app_context(ctx)
    app.screen.result(app.sandbox.reset())


@group.command()
def logs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number of lines.")] = 50,
) -> None:
    """Print the end of the sandbox server's log.

    Examples:
      hybridctl sandbox logs --limit 100
    """
    app = app_context(ctx)
    try:
        with app.sandbox.log.open(encoding="utf-8", errors="replace") as lines:
            app.screen.result(ServerLog(tuple(line.rstrip() for line in deque(lines, limit))))
    except FileNotFoundError as cause:
        raise NotFound("the sandbox has never been started", hint="hybridctl sandbox start") from cause
