from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, chosen
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

app = typer.Typer(no_args_is_help=True, help="Terraform's state: read it, or take a dead lock off it.")


@app.command("list")
def list_(ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None) -> None:
    """List the address of every resource.

    Examples:
      hybridctl state list staging
    """
    found = app_context(ctx)
    found.screen.result(read_state(found.backend(chosen(environment, env)), found.screen.progress()))


@app.command()
def show(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="Address, as `state list` prints it.")],
    environment: Environment = None,
    env: NamedEnvironment = None,
) -> None:
    """Show one resource's attributes; sensitive ones are masked.

    Examples:
      hybridctl state show module.function.aws_lambda_alias.live staging
    """
    found = app_context(ctx)
    resources = read_state(found.backend(chosen(environment, env)), found.screen.progress())
    found.screen.result(resources.at(address))


@app.command("unlock")
def unlock_(
    ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None, yes: Yes = False
) -> None:
    """Let go of an environment whose holder is dead: Terraform's lock on the state, and the claim of a release.

    Shows who holds it and since when, and asks. Refused with 4 while a release goes on: one of this host that lives, or
    one of another host in its first 15 minutes. On this host `deploy` finds out by itself that a holder is dead.

    Examples:
      hybridctl state unlock staging
    """
    found = app_context(ctx)
    backend = found.backend(chosen(environment, env), changes=True)
    held = holders(backend, found.clock)
    found.screen.say(held)
    name = held.environment
    wanted = Consent.TYPED if found.environment(name).protected else Consent.CONFIRM
    found.screen.consent(f"Unlock {name} (its holder must be dead)", name, wanted, given=yes)
    found.screen.result(unlock(backend, held, found.screen.progress(), found.checkout.actor()))


@app.command("restore")
def restore_(
    ctx: typer.Context, environment: Environment = None, env: NamedEnvironment = None, yes: Yes = False
) -> None:
    """Put the newest readable state in the place of one that is deleted or cannot be read.

    The bucket keeps every state that was written. What was created since is adopted by the next deploy.

    Examples:
      hybridctl state restore staging
    """
    found = app_context(ctx)
    backend = found.backend(chosen(environment, env), changes=True)
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
        bool, typer.Option("--set-aside", help="Keep the file elsewhere instead; the next deploy does without it.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Write the state that an apply could not write (errored.tfstate) where it belongs, and remove the file.

    Refused with 4 when another apply has written the state since. `--set-aside` is for such a file, and for one that
    cannot be read: the next deploy adopts what that apply created.

    Examples:
      hybridctl state push staging
    """
    found = app_context(ctx)
    backend = found.backend(chosen(environment, env), changes=True)
    if not set_aside:
        found.screen.result(push_errored(backend, found.screen.progress()))
        return
    target = found.environment(backend.place.environment)
    question = f"Go on without the state that an apply of {target.name} left behind"
    found.screen.consent(question, target.name, target.consent, given=yes)
    found.screen.result(set_errored_aside(backend))
