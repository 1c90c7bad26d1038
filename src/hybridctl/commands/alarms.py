from datetime import timedelta
from typing import Annotated

import typer

from hybridctl.commands.groups import ListUnlessTold
from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import AppContext, app_context
from hybridctl.domain.logs.moments import window_of
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.alarms import read_alarm_history, read_alarms, try_alarm

_HISTORY_BACK = timedelta(days=7)


app = typer.Typer(cls=ListUnlessTold, help="Show what the alarms say, what they said, and try one.")


@app.command("list")
def list_(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> int:
    """Show every alarm, red ones first: since when, why, and what to type. Exit code 5 when one is red, gone or silent.

    `list` may be left out: hybridctl alarms staging.

    Examples:
      hybridctl alarms staging
    """
    app = app_context(ctx)
    found = read_alarms(app.backend(chosen(environment, env)), app.clock)
    app.screen.result(found)
    return ExitCode.OK if found.is_well else ExitCode.CHECK_FAILED


@app.command()
def history(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Only this alarm, by its full or short name.", show_default=False),
    ] = None,
    environment: Environment = None,
    env: NamedEnvironment = None,
    since: Annotated[
        str | None,
        typer.Option(help="From when: 12h, 2d or an ISO time, in UTC [default: 7d].", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="So many changes at most.")] = 20,
) -> None:
    """Show when alarms changed their state, and why; the newest first. CloudWatch keeps this for 30 days.

    Examples:
      hybridctl alarms history errors staging --since 2d
    """
    app = app_context(ctx)
    name, environment = _name_or_environment(app, name, environment)
    start = window_of(since, None, app.clock.now(), default=_HISTORY_BACK).start
    app.screen.result(read_alarm_history(app.backend(chosen(environment, env)), name, start, limit))


@app.command("test")
def try_(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The alarm, by its full or short name.", show_default=False)
    ],
    environment: Environment = None,
    env: NamedEnvironment = None,
) -> int:
    """Drive an alarm of the sandbox into ALARM and back, with all that follows from it.

    On AWS this is refused: it would notify people, and could take back a release.

    Examples:
      hybridctl alarms test errors local
    """
    app = app_context(ctx)
    found = try_alarm(app.backend(chosen(environment, env), changes=True), app.clock, name)
    app.screen.result(found)
    return ExitCode.OK if found.reached else ExitCode.CHECK_FAILED


def _name_or_environment(app: AppContext, name: str | None, environment: str | None) -> tuple[str | None, str | None]:
    """`alarms history staging` means the environment: no alarm has the name of one."""
    if name in app.settings.environments and environment is None:
        return None, name
    return name, environment
