from datetime import timedelta
from typing import Annotated

import typer

from hybridctl.commands.completion import queries
from hybridctl.commands.options import (
    Environment,
    NamedEnvironment,
    Until,
    choose_environment,
    since_option,
)
from hybridctl.context import app_context
from hybridctl.domain.logs.group import LogKind
from hybridctl.domain.logs.moments import window_of
from hybridctl.domain.logs.questions import DEFAULT_ROWS, MOST_ROWS, QUESTIONS, Questions, query_text, questions

_BACK = timedelta(hours=1)


def query(
    ctx: typer.Context,
    question: Annotated[
        str | None,
        typer.Argument(
            metavar="QUESTION",
            help=f"Name of a predefined query ({', '.join(one.name for one in QUESTIONS)}), "
            "or query text. Omit it to list the predefined queries.",
            show_default=False,
            autocompletion=queries,
        ),
    ] = None,
    environment: Environment = None,
    env: NamedEnvironment = None,
    since: Annotated[str | None, since_option("30m, 6h, 2d", "1h")] = None,
    until: Until = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=1,
            max=MOST_ROWS,
            help=f"Maximum number of rows [default: the query's own limit, or {DEFAULT_ROWS}].",
            show_default=False,
        ),
    ] = None,
    access: Annotated[
        bool, typer.Option("--access", help="Query the API's access log, which has its own predefined queries.")
    ] = False,
) -> None:
    """Run a CloudWatch Logs Insights query on the function's log: a predefined query or your own.

    AWS charges $0.005 per GB scanned; the output shows the cost. Ctrl-C stops the query.

    Examples:
      hybridctl logs query slowest staging --since 1d
      hybridctl logs query callers staging --access
    """
    from hybridctl.operations.log_query import run_query  # `logs` imports this file too

    app = app_context(ctx)
    if question is None:
        app.screen.result(Questions(questions(access=access)))
        return
    text = query_text(question, access=access)
    window = window_of(since, until, app.clock.now(), default=_BACK)
    backend = app.backend(choose_environment(environment, env))
    asked = backend.queries_of(LogKind.ACCESS if access else LogKind.FUNCTION)
    app.screen.result(run_query(asked, app.clock, text, window, limit=limit, noted=app.screen.say))
