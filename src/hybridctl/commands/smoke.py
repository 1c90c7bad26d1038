from pathlib import Path
from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, choose_environment
from hybridctl.context import app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.smoke import smoke_environment
from hybridctl.views.junit import junit_xml


def smoke(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Invoke this version directly, even if it serves no traffic.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Also write the results to FILE as JUnit XML.", show_default=False)
    ] = None,
) -> int:
    """Test the backend end to end: health, session life cycle, and responses to bad input.

    Examples:
      hybridctl smoke staging
      hybridctl smoke staging --version 12 --junit smoke.xml
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env))
    report = smoke_environment(backend, app.clock, version, app.smoke_user)
    app.screen.result(report)
    if junit:
        app.checkout.write(junit, junit_xml(report))
    if report.is_silent:
        return ExitCode.OUTCOME_UNKNOWN
    return ExitCode.OK if report.ok else ExitCode.CHECK_FAILED
