from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, choose_environment
from hybridctl.context import app_context
from hybridctl.domain.environment import Consent
from hybridctl.operations.tfstate import (
    holders,
    plan_restore,
    push_errored,
    read_state,
    restore,
    set_errored_aside,
    unlock,
)

group = typer.Typer(no_args_is_help=True, help="Read, unlock or repair Terraform's state.")


@group.command("list")
def list_(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> None:
    """List the addresses of all resources.

    Examples:
      hybridctl state list staging
    """
    app = app_context(ctx)
    app.screen.result(read_state(app.backend(choose_environment(environment, env)), app.screen.progress()))


@group.command()
def show(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="Resource address, as `state list` prints it.")],
    environment: Environment = None,
    env: NamedEnvironment = None,
) -> None:
    """Show the attributes of one resource. Sensitive values are masked.

    Examples:
      hybridctl state show module.function.aws_lambda_alias.live staging
    """
    app = app_context(ctx)
    resources = read_state(app.backend(choose_environment(environment, env)), app.screen.progress())
    app.screen.result(resources.at(address))


@group.command("unlock")
def unlock_(
    ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None, yes: Yes = False
) -> None:
    """Remove stale locks of a dead process: Terraform's state lock, and the claim of a release.

    Shows the holder and the age of each lock, and asks for confirmation. Refused with code 4 while a release is
    running: a live process on this host, or a lock from another host younger than 15 minutes. On this host, `deploy`
    removes stale locks itself.

    Examples:
      hybridctl state unlock staging
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=True)
    held = holders(backend, app.clock)
    app.screen.say(held)
    name = held.environment
    wanted = Consent.TYPED if app.environment(name).protected else Consent.CONFIRM
    app.screen.consent(f"Unlock {name} (only if its holder is dead)", name, wanted, given=yes)
    app.screen.result(unlock(backend, held, app.screen.progress(), app.checkout.actor()))


@group.command("restore")
def restore_(
    ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None, yes: Yes = False
) -> None:
    """Restore the newest readable state if the current one is deleted or unreadable.

    The bucket keeps every version of the state. The next deploy imports what was created since.

    Examples:
      hybridctl state restore staging
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=True)
    plan = plan_restore(backend)
    app.screen.say(plan)
    wanted = Consent.TYPED if app.environment(plan.environment).protected else Consent.CONFIRM
    app.screen.consent(f"Restore the state of {plan.environment}", plan.environment, wanted, given=yes)
    app.screen.result(restore(backend, plan, app.screen.progress()))


@group.command()
def push(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Move the file elsewhere instead; the next deploy ignores it.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Upload the state that an apply could not write (errored.tfstate), and remove the file.

    Refused with code 4 if another apply has written the state since. Use --set-aside for such a file or an unreadable
    one: the next deploy imports what that apply created.

    Examples:
      hybridctl state push staging
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=True)
    if not set_aside:
        app.screen.result(push_errored(backend, app.screen.progress()))
        return
    question = f"Continue without the state that an apply of {backend.place.environment} left behind"
    app.ask_consent(question, backend, given=yes)
    app.screen.result(set_errored_aside(backend))
