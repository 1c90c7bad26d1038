from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import Opening, app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.doctor import Patient, diagnose


def doctor(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what is safe: what dead runs left behind; on the sandbox, its bucket.")
    ] = False,
    drift: Annotated[bool, typer.Option("--drift", help="Ask also what was changed by hand; takes longer.")] = False,
) -> int:
    """Check machine, credentials, permissions, quotas, state and half-finished releases; each with its fix.

    What is deployed is judged as `status` judges it. Exit code 5 when something fails, could not be read, or is not as
    the last release left it.

    Examples:
      hybridctl doctor staging
      hybridctl doctor staging --fix
    """
    app = app_context(ctx)
    target = app.environment(chosen(environment, env))
    patient = Patient(
        target,
        app.settings.names(target.name),
        lambda: app.open_backend(app.settings, target, Opening()),
        app.settings.function(target.name),
    )
    seen_by = app.screen.progress() if drift else None
    found = diagnose(patient, app.prerequisites, app.checkout, app.clock, fix=fix, drift_seen_by=seen_by)
    app.screen.result(found)
    return ExitCode.OK if found.ok else ExitCode.CHECK_FAILED
