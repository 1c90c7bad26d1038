from datetime import timedelta
from typing import Annotated

import typer

from hybridctl.commands.groups import ListUnlessTold
from hybridctl.commands.options import Environment, NamedEnvironment, choose_environment, since_option
from hybridctl.context import AppContext, app_context
from hybridctl.domain.logs.moments import window_of
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.alarms import read_alarm_history, read_alarms, try_alarm

_HISTORY_BACK = timedelta(days=7)


group = typer.Typer(cls=ListUnlessTold, help="Show the state of the alarms and their history, or test one.")


@group.command("list")
def list_(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> int:
    """List every alarm, red ones first: since when, why, and the command to run next.

    Exit code 5 if an alarm is red, missing, or notifies nobody. `list` is optional: hybridctl alarms staging.

    Examples:
      hybridctl alarms staging
    """
    app = app_context(ctx)
    found = read_alarms(app.backend(choose_environment(environment, env)), app.clock)
    app.screen.result(found)
    return ExitCode.OK if found.is_well else ExitCode.CHECK_FAILED


@group.command()
def history(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Show only this alarm (full or short name).", show_default=False),
    ] = None,
    environment: Environment = None,
    env: NamedEnvironment = None,
    since: Annotated[str | None, since_option("12h, 2d", "7d")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number of changes.")] = 20,
) -> None:
    """Show when alarms changed state, and why, newest first. CloudWatch keeps this history for 30 days.

    Examples:
      hybridctl alarms history errors staging --since 2d
    """
    app = app_context(ctx)
    name, environment = _name_or_environment(app, name, environment)
    start = window_of(since, None, app.clock.now(), default=_HISTORY_BACK).start
    app.screen.result(read_alarm_history(app.backend(choose_environment(environment, env)), name, start, limit))


@group.command("test")
def try_(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Alarm to test (full or short name).", show_default=False)
    ],
    environment: Environment = None,
    env: NamedEnvironment = None,
) -> int:
    """Set an alarm of the sandbox to ALARM and back to OK, with everything that this triggers.

    Refused on AWS, where it would notify people and could roll back a release.

    Examples:
      hybridctl alarms test errors local
    """
    app = app_context(ctx)
    found = try_alarm(app.backend(choose_environment(environment, env), changes=True), app.clock, name)
    app.screen.result(found)
    return ExitCode.OK if found.reached else ExitCode.CHECK_FAILED


def _name_or_environment(app: AppContext, name: str | None, environment: str | None) -> tuple[str | None, str | None]:
    """Read the first word as an environment if it names one: no alarm has an environment's name."""
    if name in app.settings.environments and environment is None:
        return None, name
    return name, environment
