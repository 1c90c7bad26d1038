import typer

from hybridctl.commands.options import Environment, NamedEnvironment, chosen
from hybridctl.context import Opening, app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.doctor import diagnose


def doctor(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> int:
    """Check the prerequisites: Python, git, the Terraform engine, credentials, account, state; each with its fix."""
    app = app_context(ctx)
    target = app.environment(chosen(environment, env))
    found = diagnose(target.name, lambda: app.backend(target.name, opening=Opening(start=True)), app.prerequisites)
    app.screen.result(found)
    return ExitCode.OK if found.ok else ExitCode.CHECK_FAILED
