from datetime import datetime, timedelta
from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import app_context
from hybridctl.domain.logs.moments import window_of
from hybridctl.domain.metrics.readings import queries
from hybridctl.domain.metrics.span import Span, span_of
from hybridctl.domain.metrics.watching import hourly_price
from hybridctl.errors import UsageInvalid
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.metrics import all_series, compare_release, read_metrics, watch_metrics
from hybridctl.views.metrics_shown import shown_as

_BACK = timedelta(hours=1)


def metrics(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    since: Annotated[
        str | None,
        typer.Option(help="From when: 30m, 6h, 7d or an ISO time, in UTC [default: 1h].", show_default=False),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Until when, in the same forms.", show_default=False)] = None,
    period: Annotated[
        str | None,
        typer.Option(
            help="Length of a period: 60, 5m, 1h [default: by the window, and what CloudWatch keeps].",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        list[str] | None,
        typer.Option(help="Draw this series, such as function.p95; may be given again.", show_default=False),
    ] = None,
    by_version: Annotated[
        bool, typer.Option("--by-version", help="The newest versions of the function each on its own, too.")
    ] = False,
    release: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Compare before and after a release: its id, or `last`; --since is then how far on either side.",
            show_default=False,
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Read again and again until Ctrl-C.")] = False,
    interval: Annotated[int, typer.Option(min=5, help="Seconds between readings with --watch.")] = 30,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV: a row a period, a column a series.")] = False,
) -> int:
    """Show how API, function and tables do: one call for every series.

    A count's figure is its total over the window, any other's its highest period. An empty place in a line is a
    period without data, which is not zero: Lambda and the API report nothing while nobody calls. Table capacity,
    throttles and errors are shown where there are any, and so are cold starts, which the handler counts: of every
    version, and of direct invocations too.

    Periods that still fill, on AWS for two minutes after their end, are left out of latest, trend, line and chart.

    With --watch the metrics of AWS are read once a minute, however short the interval; what CloudWatch charges for an
    hour of that is said first.

    Examples:
      hybridctl metrics staging --since 3h
      hybridctl metrics --plot function.p95 --since 1d
      hybridctl metrics --release last
    """
    app = app_context(ctx)
    if watch and (until or release):
        raise UsageInvalid(
            f"{'--until' if until else '--release'} does not go with --watch", hint="leave one of them out"
        )
    if release and (plot or until):
        raise UsageInvalid(
            f"{'--plot' if plot else '--until'} does not go with --release", hint="leave one of them out"
        )
    shown = shown_as(app.screen, plot=bool(plot), csv=csv, again=watch)
    now = app.clock.now()
    window = window_of(since, until, now, default=_BACK)

    def span(at: datetime) -> Span:
        return span_of(window_of(since, until, at, default=_BACK), at, period)

    first = span(now)
    backend = app.backend(chosen(environment, env))
    series = all_series(backend, plot or [], versions=by_version)
    if release:
        length = now - window.start
        shown(compare_release(backend, series, release, now, length=length, period=period))
    elif watch:
        if not backend.place.endpoint:
            app.screen.say(f"CloudWatch charges about ${hourly_price(queries(series)):.2f} for an hour of this")
        with shown.repainted():
            try:
                watch_metrics(backend, series, app.clock, span, seconds=interval, heard=shown, noted=app.screen.say)
            except KeyboardInterrupt:
                return ExitCode.INTERRUPTED  # the ordinary end: no error document behind the last reading
    else:
        shown(read_metrics(backend, series, first, now))
    return ExitCode.OK
