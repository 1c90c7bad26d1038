import secrets
from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Provider, WhichProvider, chosen
from hybridctl.commands.variables import Variables, parse_variables
from hybridctl.context import Opening, app_context
from hybridctl.domain.engine import PlanRequest
from hybridctl.exit_codes import ExitCode
from hybridctl.operations.deploy import Deploy, DeployRequest, Planned


def plan(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    values_of: Annotated[
        str | None, typer.Option("--as", metavar="ENV", help="Rehearse with another environment's values.")
    ] = None,
    var: Variables = None,
    provider: WhichProvider = Provider.SANDBOX,
    allow: Annotated[list[str] | None, typer.Option(help="Let one refusal of the policy pass; repeatable.")] = None,
    detailed_exitcode: Annotated[bool, typer.Option(help="Exit 5 when something would change.")] = False,
) -> int:
    """Show what a deploy would change, most dangerous first, and whether the policy lets it pass."""
    app = app_context(ctx)
    variables = parse_variables(var)
    if values_of:
        app.environment(values_of)
    backend = app.backend(
        chosen(environment, env), opening=Opening(start=True, real_provider=provider is Provider.HASHICORP)
    )
    run = Deploy(backend, app.checkout, app.clock, app.screen.progress(), f"hybridctl-smoke-{secrets.token_hex(4)}")
    prepared = run.prepare(DeployRequest(PlanRequest(variables, values_of), tuple(allow or ())))
    backend.terraform.discard(prepared.plan)
    changes = prepared.plan.changes
    app.screen.result(Planned(backend.place.environment, prepared.package.build, changes, prepared.moves_only))
    return ExitCode.CHECK_FAILED if detailed_exitcode and not changes.empty else ExitCode.OK
