"""Options that several commands share."""

from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated

import typer

from hybridctl.commands.completion import environments, workers
from hybridctl.errors import UsageInvalid

_ENVIRONMENT_HELP = "Environment (default: the one last deployed from here, else default_environment)."

Environment = Annotated[
    str | None,
    typer.Argument(metavar="ENV", help=_ENVIRONMENT_HELP, show_default=False, autocompletion=environments),
]
NamedEnvironment = Annotated[
    str | None,
    typer.Option(
        "--env", "-e", metavar="ENV", help="ENV, given as an option.", show_default=False, autocompletion=environments
    ),
]
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why; kept in the release's record.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]

ValuesOf = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="ENV", help="Rehearse with another environment's values.", autocompletion=environments
    ),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULE:ADDRESS",
        help="Let one refusal pass; repeatable. Protected environments take rolled-back-build:BUILD only.",
    ),
]

Adopt = Annotated[
    list[str] | None,
    typer.Option(
        "--adopt",
        metavar="ADDRESS[=ID]",
        help="Adopt what exists already for this address, whosever it is; repeatable. The plan shows it.",
    ),
]

Built = Annotated[
    Path | None, typer.Option("--package", metavar="FILE", help="Take this zip, built before, instead of building.")
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


@unique
class Provider(StrEnum):
    """Which hashicorp/aws the sandbox is reached with; AWS itself is always reached with the real one."""

    SANDBOX = "sandbox"
    HASHICORP = "hashicorp"


WhichProvider = Annotated[
    Provider,
    typer.Option(
        "--provider",
        envvar="HYBRIDCTL_PROVIDER",
        show_envvar=False,
        help="On the sandbox: its own Terraform provider, or the real one.",
    ),
]


def chosen(positional: str | None, option: str | None) -> str | None:
    """The one environment that was named; naming two different ones is an error."""
    if positional and option and positional != option:
        raise UsageInvalid(f"two environments were named: {positional} and {option}", hint="name one")
    return positional or option
