import json
from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, chosen
from hybridctl.context import Opening, app_context
from hybridctl.domain.iam.ci_role import ci_roles
from hybridctl.domain.iam.policy import engineer_policy
from hybridctl.operations.bootstrap import bootstrap, look


def bootstrap_(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    ci: Annotated[
        str | None,
        typer.Option(metavar="OWNER/REPO", help="Also make the role that jobs of this GitHub repository take."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is missing, and stop.")] = False,
    policy: Annotated[
        bool, typer.Option("--policy", help="Print the IAM policy that an engineer's role needs, and stop.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Make the bucket of Terraform's state, or complete it: versioned, private, encrypted, TLS only.

    `deploy` does this too where there is no bucket yet and consent is given. With --ci also the role of CI: it trusts
    that repository's GitHub environment of the same name through OIDC, and no key is handed out.

    Examples:
      hybridctl bootstrap staging --dry-run
      hybridctl bootstrap production --ci acme/backend
      hybridctl bootstrap staging --policy > policy.json
    """
    app = app_context(ctx)
    if policy:
        place = app.backend(chosen(environment, env)).place
        wanted = engineer_policy(app.settings.names(place.environment), place)
        app.screen.plain(json.dumps(wanted, indent=2))  # as IAM takes it, whatever --output says
        return
    backend = app.backend(chosen(environment, env), changes=True, opening=Opening(start=True))
    target = app.environment(backend.place.environment)
    names = app.settings.names(target.name)
    roles = ci_roles(names, backend.place, ci, is_protected=target.protected) if ci else ()
    found = look(backend, roles)
    if dry_run:
        app.screen.result(found)
        return
    if not found.is_complete:
        app.screen.say(found)
        app.screen.consent(f"Make this for {target.name}", target.name, target.consent, given=yes)
    app.screen.result(bootstrap(backend, app.screen.progress(), found))
