from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, chosen
from hybridctl.context import Opening, app_context
from hybridctl.operations.bootstrap import Bootstrapped, bootstrap


def bootstrap_(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is missing, and stop.")] = False,
    yes: Yes = False,
) -> None:
    """Make the bucket of Terraform's state, or complete it: versioned, private, encrypted, TLS only.

    `deploy` does this too where there is no bucket yet.

    Examples:
      hybridctl bootstrap staging
    """
    app = app_context(ctx)
    backend = app.backend(chosen(environment, env), changes=True, opening=Opening(start=True))
    found = backend.foundation.look()
    name = backend.place.environment
    if dry_run or not found.missing:
        app.screen.result(Bootstrapped(name, found.bucket, found.missing, dry_run))
        return
    app.screen.say(Bootstrapped(name, found.bucket, found.missing, dry_run=True))
    target = app.environment(name)
    app.screen.consent(f"Make this for {name}", name, target.consent, given=yes)
    app.screen.result(bootstrap(backend, app.screen.progress(), found))
