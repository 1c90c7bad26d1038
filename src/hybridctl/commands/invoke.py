from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, WhichFunction, choose_environment
from hybridctl.context import app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.invoke import invoke_function, read_payload


def invoke(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    version: Annotated[
        int | None,
        typer.Option(min=1, help="Version to invoke [default: the one that serves most requests].", show_default=False),
    ] = None,
    payload: Annotated[
        str | None,
        typer.Option(
            "--payload",
            "-p",
            metavar="JSON|@FILE|-",
            help="Event: JSON, @FILE, or - for stdin [default: a health request].",
            show_default=False,
        ),
    ] = None,
    function: WhichFunction = None,
) -> int:
    """Invoke the function once, bypassing the API: status, response, duration and the end of its log.

    The request is never retried. Exit code 5 if the function fails. An HTTP error status in the response is not a
    failure.

    Examples:
      hybridctl invoke staging
      hybridctl invoke staging --version 12 --payload @event.json
      hybridctl invoke local --payload '{"Records": []}'
    """
    app = app_context(ctx)
    worker = app.settings.worker(function) if function else None
    given = read_payload(payload, app.checkout) if payload is not None else None
    backend = app.backend(choose_environment(environment, env), changes=True)
    found = invoke_function(backend, app.clock, version, given, worker)
    app.screen.result(found)
    return ExitCode.CHECK_FAILED if found.failed else ExitCode.OK
