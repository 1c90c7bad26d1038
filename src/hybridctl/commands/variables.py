"""`--var name=value`, as Terraform takes it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from hybridctl.errors import UsageInvalid

Variables = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Override a Terraform variable; repeatable.")
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
