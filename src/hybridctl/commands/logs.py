from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import typer

from hybridctl.commands.completion import levels
from hybridctl.commands.groups import SearchUnlessTold
from hybridctl.commands.log_query import query
from hybridctl.commands.options import (
    Environment,
    NamedEnvironment,
    Until,
    WhichFunction,
    choose_environment,
    since_option,
)
from hybridctl.context import app_context
from hybridctl.domain.logs.filter import make_filter
from hybridctl.domain.logs.group import LogKind
from hybridctl.domain.logs.moments import window_of
from hybridctl.errors import UsageInvalid
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.logs import search
from hybridctl.views.logs import log_printer

_SEARCH_BACK = timedelta(minutes=10)
_FOLLOW_BACK = timedelta(seconds=5)


group = typer.Typer(
    cls=SearchUnlessTold, help="Search or follow the logs, or query them with CloudWatch Logs Insights."
)
group.command()(query)


@group.command("search")
def search_(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", "-f", help="Stream new lines until Ctrl-C, including lines that arrive up to 15 minutes late."
        ),
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Follow with CloudWatch Live Tail (billed per minute, ends after 3 h).")
    ] = False,
    since: Annotated[str | None, since_option("30s, 10m, 1h30m, 2d, 03:15", "10m; with --follow: now")] = None,
    until: Until = None,
    grep: Annotated[
        str | None,
        typer.Option(help="Only lines that contain this text, or match a /regular expression/.", show_default=False),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            help="Minimum level: debug, info, warning, error or critical.", show_default=False, autocompletion=levels
        ),
    ] = None,
    request_id: Annotated[
        str | None, typer.Option(help="Only lines of this request (id or the beginning of it).", show_default=False)
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Only lines of this version of the function.", show_default=False)
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(help="Only requests with this status, as 404, or this class, as 5xx.", show_default=False),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, help="Only the newest N results (a request counts once).", show_default=False
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print each line as it is stored in CloudWatch, including metrics.")
    ] = False,
    access: Annotated[
        bool,
        typer.Option(
            "--access",
            help="Include the API's access log: client addresses, and requests that never reached the function.",
        ),
    ] = False,
    function: WhichFunction = None,
) -> int:
    """Search or follow the function's log.

    `search` is optional: hybridctl logs staging. See also: hybridctl logs query --help.

    Each request is one line: time (UTC), level (I, W, E), status, route, duration, memory, version, request id, cold
    start; ~ marks a line that arrived late. CloudWatch applies --status, --request-id and plain --grep; hybridctl
    applies --level, --version and regular expressions to all lines in the time range. With --output json each event is
    one JSON line.

    Examples:
      hybridctl logs staging --follow
      hybridctl logs --since 15m --status 5xx
      hybridctl logs --since 1h --grep '/token (expired|reused)/'
      hybridctl --output json logs --since 10m | jq .message
    """
    app = app_context(ctx)
    wanted = make_filter(grep=grep, level=level, request_id=request_id, version=version, status=status)
    if access and version:
        raise UsageInvalid(
            "--version cannot be combined with --access: the access log does not contain the version",
            hint="use one of them",
        )
    worker = app.settings.worker(function).name if function else ""
    if worker and access:
        raise UsageInvalid("--access does not go with --function: the API does not call it", hint="leave one out")
    if live:
        from hybridctl.operations.live_tail import tail_live

        _stands_alone(
            {"--function": function, "--follow": follow, "--since": since, "--until": until, "--limit": limit}
        )
        backend = app.backend(choose_environment(environment, env))
        tail = backend.tail_of(set(LogKind) if access else {LogKind.FUNCTION})
        printer = log_printer(app.screen, raw=raw, reports=wanted.keeps_reports)
        try:
            tail_live(tail, app.clock, wanted, heard=printer.settle, noted=app.screen.say, access=access)
        except KeyboardInterrupt:
            return ExitCode.INTERRUPTED  # the ordinary end, as with --follow
        return ExitCode.OK
    now = app.clock.now()
    window = window_of(since, until, now, default=_FOLLOW_BACK if follow else _SEARCH_BACK)
    if follow and (until or limit):
        raise UsageInvalid(
            f"{'--until' if until else '--limit'} cannot be combined with --follow", hint="use one of them"
        )
    backend = app.backend(choose_environment(environment, env))
    source = backend.log(LogKind.FUNCTION, worker=worker)
    also = backend.log(LogKind.ACCESS) if access else None
    printer = log_printer(app.screen, raw=raw, reports=wanted.keeps_reports)
    if follow:
        from hybridctl.operations.log_follow import follow as follow_log

        try:
            follow_log(source, app.clock, window.start, wanted, heard=printer.settle, noted=app.screen.say, access=also)
        except KeyboardInterrupt:
            return ExitCode.INTERRUPTED  # the ordinary end: no error document behind the last line
    found = search(
        source,
        app.clock,
        window,
        wanted,
        heard=printer.batch,
        noted=app.screen.say,
        limit=limit,
        folded=printer.folds,
        access=also,
        reads=printer.reads,
    )
    printer.finish()
    if not found:
        app.screen.say(f"no lines found in {source.group} since {window.start:%Y-%m-%d %H:%M:%S} UTC")
    return ExitCode.OK


def _stands_alone(others: Mapping[str, object]) -> None:
    if given := [name for name, value in others.items() if value]:
        raise UsageInvalid(f"{given[0]} cannot be combined with --live", hint="use one of them")
