from datetime import timedelta
from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import app_context
from hybridctl.domain.logs.group import LogKind
from hybridctl.domain.logs.moments import window_of
from hybridctl.domain.logs.query import DEFAULT_ROWS, MOST_ROWS, QUESTIONS, Questions, query_text, questions
from hybridctl.operations.log_query import run_query

_BACK = timedelta(hours=1)


def query(
    ctx: typer.Context,
    question: Annotated[
        str | None,
        typer.Argument(
            metavar="QUESTION",
            help=f"One of {', '.join(one.name for one in QUESTIONS)}; or a query. Without one: what there is to ask.",
            show_default=False,
        ),
    ] = None,
    environment: Environment = None,
    env: NamedEnvironment = None,
    since: Annotated[
        str | None,
        typer.Option(help="From when: 30m, 6h, 2d or an ISO time, in UTC [default: 1h].", show_default=False),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Until when, in the same forms.", show_default=False)] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_ROWS,
            help=f"How many rows at most, whatever limit the query has [default: the query's own, or {DEFAULT_ROWS}].",
            show_default=False,
        ),
    ] = None,
    access: Annotated[
        bool, typer.Option("--access", help="Ask the API's access log, which has questions of its own.")
    ] = False,
) -> None:
    """Ask CloudWatch Logs Insights about the function's log: a common question by its name, or a query of your own.

    It is charged by what it scans, $0.005 for a GB, which the answer says; Ctrl-C stops it.

    Examples:
      hybridctl logs query slowest staging --since 1d
      hybridctl logs query callers staging --access
    """
    app = app_context(ctx)
    if question is None:
        app.screen.result(Questions(questions(access=access)))
        return
    text = query_text(question, access=access)
    window = window_of(since, until, app.clock.now(), default=_BACK)
    backend = app.backend(chosen(environment, env))
    asked = backend.queries_of(LogKind.ACCESS if access else LogKind.FUNCTION)
    app.screen.result(run_query(asked, app.clock, text, window, limit=limit, noted=app.screen.say))
