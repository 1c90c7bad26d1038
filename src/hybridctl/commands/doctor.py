from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, WithDrift, choose_environment
from hybridctl.context import Opening, app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.doctor import Patient, diagnose


def doctor(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help="Fix what is safe: leftovers of crashed runs and, on the sandbox, the state bucket."
        ),
    ] = False,
    drift: WithDrift = False,
) -> int:
    """Check the machine, credentials, permissions, quotas, state and unfinished releases, with a fix for each problem.

    The deployed environment is checked as `status` checks it. Exit code 5 if a check fails, cannot be read, or differs
    from the last release.

    Examples:
      hybridctl doctor staging
      hybridctl doctor staging --fix
    """
    app = app_context(ctx)
    target = app.environment(choose_environment(environment, env))
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
