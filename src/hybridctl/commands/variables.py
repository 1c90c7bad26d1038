"""`--var name=value`, as Terraform takes it."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from hybridctl.context import AppContext
from hybridctl.domain.shell_variables import hand_over, withhold
from hybridctl.errors import UsageInvalid

Variables = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Override a Terraform variable; repeatable.")
]

Save = Annotated[
    bool,
    typer.Option("--save", help="Keep the --var values in a file beside the HCL, for every later plan and deploy."),
]


def parse_variables(given: Sequence[str] | None) -> dict[str, str]:
    """The variables by name; UsageInvalid for one without an equals sign."""
    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageInvalid(f"--var {text!r} is not NAME=VALUE", hint="e.g. --var lambda_memory_size=1024")
        found[name.strip()] = value
    return found


def say_shell_variables(app: AppContext) -> None:
    """Name what the shell sets for Terraform: a plan is to show all that it was made of."""
    environ, allowed = app.settings.environ, app.settings.shell_variables
    if names := withhold(environ, allowed):
        app.screen.say(
            f"note: {', '.join(f'TF_VAR_{name}' for name in names)} of the shell is not used: give --var, "
            "or name it in shell_variables under [terraform] in hybridctl.toml"
        )
    if names := hand_over(environ, allowed):
        app.screen.say(f"note: Terraform takes {', '.join(names)} from the shell (TF_VAR_)")


def nothing_to_save(variables: Mapping[str, str], *, save: bool) -> None:
    """Return unless `--save` was given without a value to keep."""
    if save and not variables:
        raise UsageInvalid("--save keeps the values of --var, and there is none", hint="add --var NAME=VALUE")
