"""Options that several commands share."""

from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated, Any

import typer

from hybridctl.commands.completion import environments, workers
from hybridctl.errors import UsageInvalid

_ENVIRONMENT_HELP = "Environment [default: the last one deployed from here, or default_environment]."

Environment = Annotated[
    str | None,
    typer.Argument(metavar="ENV", help=_ENVIRONMENT_HELP, show_default=False, autocompletion=environments),
]
NamedEnvironment = Annotated[
    str | None,
    typer.Option(
        "--env",
        "-e",
        metavar="ENV",
        help="Environment (same as the ENV argument).",
        show_default=False,
        autocompletion=environments,
    ),
]
Reason = Annotated[
    str, typer.Option("--reason", "-m", help="Reason for the change, kept in the release record.", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]

ValuesOf = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="ENV", help="Rehearse with the values of another environment.", autocompletion=environments
    ),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULE:ADDRESS",
        help="Waive one policy violation; repeatable. Protected environments accept only rolled-back-build:BUILD.",
    ),
]

Adopt = Annotated[
    list[str] | None,
    typer.Option(
        "--adopt",
        metavar="ADDRESS[=ID]",
        help="Import the existing object for this address, whoever owns it; repeatable. The plan shows it.",
    ),
]

Built = Annotated[
    Path | None, typer.Option("--package", metavar="FILE", help="Deploy this zip instead of building one.")
]


WhichFunction = Annotated[
    str | None,
    typer.Option(
        "--function",
        metavar="NAME",
        help="A worker of [functions] in hybridctl.toml (default: the API's function).",
        show_default=False,
        autocompletion=workers,
    ),
]


def since_option(form: str, default: str) -> Any:
    """`--since`, with the forms of a time in the order of their use, and what counts without it."""
    return typer.Option(help=f"Start time: {form} or an ISO time, in UTC [default: {default}].", show_default=False)


Until = Annotated[str | None, typer.Option(help="End time, in the same formats.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Refresh until Ctrl-C.")]
WithDrift = Annotated[bool, typer.Option("--drift", help="Also check for changes made by hand (takes longer).")]


@unique
class Provider(StrEnum):
    """The provider for the sandbox; AWS is always reached with the real hashicorp/aws."""

    SANDBOX = "sandbox"
    HASHICORP = "hashicorp"


WhichProvider = Annotated[
    Provider,
    typer.Option(
        "--provider",
        envvar="HYBRIDCTL_PROVIDER",
        show_envvar=False,
        help="Provider for the sandbox: its own, or the real hashicorp/aws.",
    ),
]


def choose_environment(positional: str | None, option: str | None) -> str | None:
    """Return the named environment; two different names are an error."""
    if positional and option and positional != option:
        raise UsageInvalid(f"conflicting environments: {positional} and {option}", hint="name one environment")
    return positional or option
