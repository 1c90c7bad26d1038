from datetime import datetime, timedelta
from typing import Annotated

import typer

from hybridctl.commands.options import (
    Environment,
    NamedEnvironment,
    Until,
    Watch,
    choose_environment,
    since_option,
)
from hybridctl.context import app_context
from hybridctl.domain.logs.moments import window_of
from hybridctl.domain.metrics.price import hourly_price
from hybridctl.domain.metrics.readings import queries
from hybridctl.domain.metrics.span import Span, span_of
from hybridctl.errors import UsageInvalid
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.metrics import all_series, compare_release, read_metrics, watch_metrics
from hybridctl.views.metrics_output import choose_form

_BACK = timedelta(hours=1)


def metrics(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    since: Annotated[str | None, since_option("30m, 6h, 7d", "1h")] = None,
    until: Until = None,
    period: Annotated[
        str | None,
        typer.Option(
            help="Period length: 60, 5m, 1h [default: depends on the time range].",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        list[str] | None,
        typer.Option(help="Plot this series, such as function.p95; repeatable.", show_default=False),
    ] = None,
    by_version: Annotated[
        bool, typer.Option("--by-version", help="Also break down by the newest function versions.")
    ] = False,
    release: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Compare before and after a release (id, version or `last`); --since sets the range on each side.",
            show_default=False,
        ),
    ] = None,
    watch: Watch = False,
    interval: Annotated[int, typer.Option(min=5, help="Seconds between refreshes with --watch.")] = 30,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV: one row per period, one column per series.")] = False,
) -> int:
    """Show API, function and table metrics at a glance.

    Counters show their total for the time range; other series show their peak. A gap in a line means no data, not zero:
    Lambda and API Gateway report nothing without requests. Table capacity, throttles and errors appear only if there
    are any. So do cold starts, which the handler counts for every version and for direct invocations.

    AWS updates a period for two minutes after its end. Such periods are not used for latest, trend, line and chart.

    With --watch, AWS metrics are read at most once a minute. The command first shows what CloudWatch charges per hour.

    Examples:
      hybridctl metrics staging --since 3h
      hybridctl metrics --plot function.p95 --since 1d
      hybridctl metrics --release last
    """
    app = app_context(ctx)
    if watch and (until or release):
        raise UsageInvalid(
            f"{'--until' if until else '--release'} cannot be combined with --watch", hint="use one of them"
        )
    if release and (plot or until):
        raise UsageInvalid(
            f"{'--plot' if plot else '--until'} cannot be combined with --release", hint="use one of them"
        )
    shown = choose_form(app.screen, plot=bool(plot), csv=csv, again=watch)
    now = app.clock.now()
    window = window_of(since, until, now, default=_BACK)

    def span(at: datetime) -> Span:
        return span_of(window_of(since, until, at, default=_BACK), at, period)

    first = span(now)
    backend = app.backend(choose_environment(environment, env))
    series = all_series(backend, plot or [], versions=by_version)
    if release:
        length = now - window.start
        shown(compare_release(backend, series, release, now, length=length, period=period))
    elif watch:
        if not backend.place.endpoint:
            app.screen.say(f"CloudWatch charges about ${hourly_price(queries(series)):.2f} per hour for this")
        with shown.repaint():
            try:
                watch_metrics(backend, series, app.clock, span, seconds=interval, heard=shown, noted=app.screen.say)
            except KeyboardInterrupt:
                return ExitCode.INTERRUPTED  # the ordinary end: no error document behind the last reading
    else:
        shown(read_metrics(backend, series, first, now))
    return ExitCode.OK
