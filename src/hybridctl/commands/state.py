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

app = typer.Typer(no_args_is_help=True, help="Read, unlock or repair Terraform's state.")


@app.command("list")
def list_(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> None:
    """List the addresses of all resources.

    Examples:
      hybridctl state list staging
    """
    found = app_context(ctx)
    found.screen.result(read_state(found.backend(choose_environment(environment, env)), found.screen.progress()))


@app.command()
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
    found = app_context(ctx)
    resources = read_state(found.backend(choose_environment(environment, env)), found.screen.progress())
    found.screen.result(resources.at(address))


@app.command("unlock")
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
    found = app_context(ctx)
    backend = found.backend(choose_environment(environment, env), changes=True)
    held = holders(backend, found.clock)
    found.screen.say(held)
    name = held.environment
    wanted = Consent.TYPED if found.environment(name).protected else Consent.CONFIRM
    found.screen.consent(f"Unlock {name} (only if its holder is dead)", name, wanted, given=yes)
    found.screen.result(unlock(backend, held, found.screen.progress(), found.checkout.actor()))


@app.command("restore")
def restore_(
    ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None, yes: Yes = False
) -> None:
    """Restore the newest readable state if the current one is deleted or unreadable.

    The bucket keeps every version of the state. The next deploy imports what was created since.

    Examples:
      hybridctl state restore staging
    """
    found = app_context(ctx)
    backend = found.backend(choose_environment(environment, env), changes=True)
    plan = plan_restore(backend)
    found.screen.say(plan)
    wanted = Consent.TYPED if found.environment(plan.environment).protected else Consent.CONFIRM
    found.screen.consent(f"Restore the state of {plan.environment}", plan.environment, wanted, given=yes)
    found.screen.result(restore(backend, plan, found.screen.progress()))


@app.command()
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
    found = app_context(ctx)
    backend = found.backend(choose_environment(environment, env), changes=True)
    if not set_aside:
        found.screen.result(push_errored(backend, found.screen.progress()))
        return
    target = found.environment(backend.place.environment)
    question = f"Continue without the state that an apply of {target.name} left behind"
    found.screen.consent(question, target.name, target.consent, given=yes)
    found.screen.result(set_errored_aside(backend))
