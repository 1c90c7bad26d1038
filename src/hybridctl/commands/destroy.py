from typing import Annotated

import typer

from hybridctl.commands.options import Provider, Reason, WhichProvider, Yes
from hybridctl.commands.variables import say_shell_variables
from hybridctl.context import Opening, app_context
from hybridctl.domain.environment import Consent
from hybridctl.errors import NeedsConsent
from hybridctl.operations.destroy import Destroy


def destroy(
    ctx: typer.Context,
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Environment (required).")],
    provider: WhichProvider = Provider.SANDBOX,
    reason: Reason = "",
    force: Annotated[
        bool, typer.Option("--force", help="Start even if the IAM simulation predicts that AWS denies a part.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be permanently deleted; delete nothing.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete an environment and its tables. Refused while deletion protection is on.

    Asks you to type the environment's name. --yes is not accepted for a protected environment.

    Examples:
      hybridctl destroy local
      hybridctl destroy staging --dry-run
    """
    app = app_context(ctx)
    if yes and not dry_run and app.environment(environment).protected:
        raise NeedsConsent(
            f"{environment} is protected: --yes is not accepted",
            hint="run it without --yes and type the name, or set protected = false in hybridctl.toml",
        )
    backend = app.backend(environment, changes=True, opening=Opening(real_provider=provider is Provider.HASHICORP))
    say_shell_variables(app)
    run = Destroy(backend, app.checkout, app.clock, app.screen.progress(), app.settings.project)
    plan = run.prepare()
    try:
        losses = run.losses(plan)
        if dry_run:
            app.screen.result(losses)
            return
        if not force:
            run.must_be_allowed(plan)
        app.screen.say(losses)
        app.screen.consent(f"Destroy {environment} and all its data", environment, Consent.TYPED, given=yes)
        app.screen.result(run.carry_out(plan, reason))
    finally:
        backend.terraform.discard(plan)
