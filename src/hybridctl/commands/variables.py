"""Parse `--var name=value`, with Terraform's syntax, `--adopt address=id` and `--allow rule:address`."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from hybridctl.context import AppContext
from hybridctl.domain.deploy_rule import DeployRule
from hybridctl.domain.shell_variables import hand_over, withhold
from hybridctl.errors import UsageInvalid
from hybridctl.settings_schema import nearest

Variables = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Set a Terraform variable; repeatable.")
]

Save = Annotated[
    bool,
    typer.Option("--save", help="Save the --var values in a file beside the HCL, for all later plans and deploys."),
]


def parse_variables(given: Sequence[str] | None) -> dict[str, str]:
    """Return the variables by name. Raises UsageInvalid for one without an equals sign."""
    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageInvalid(f"--var {text!r} is not NAME=VALUE", hint="e.g. --var name=value")
        found[name.strip()] = value
    return found


def say_shell_variables(app: AppContext) -> None:
    """Print a note about variables that the shell sets for Terraform, because a plan should show all its inputs."""
    environ, allowed = app.settings.environ, app.settings.shell_variables
    if names := withhold(environ, allowed):
        app.screen.say(
            f"note: ignoring {', '.join(f'TF_VAR_{name}' for name in names)} from the shell: use --var, "
            "or add the name to shell_variables under [terraform] in hybridctl.toml"
        )
    if names := hand_over(environ, allowed):
        app.screen.say(f"note: Terraform takes {', '.join(names)} from the shell (TF_VAR_)")


def check_values(app: AppContext, environment: str, variables: Mapping[str, str], values_of: str | None) -> None:
    """Raise UsageInvalid for a variable that the environment does not have or hybridctl.toml sets, and for an unknown
    `values_of`.
    """
    project = app.settings.project
    if variables.get("project", project) != project:
        raise UsageInvalid(
            f"--var project={variables['project']}: hybridctl.toml sets the project to {project}",
            hint="change `project` there: state, function and tables are named after it",
        )
    declared = app.checkout.list_variables(environment) if variables else None
    for name in variables if declared is not None else ():
        if declared is not None and name not in declared:
            near = nearest(name, sorted(declared))
            hint = f"did you mean {near!r}?" if near else f"its variables: {', '.join(sorted(declared)) or 'none'}"
            raise UsageInvalid(f"{environment} has no Terraform variable {name!r}", hint=hint)
    if values_of:
        app.environment(values_of)


def say_values(app: AppContext, environment: str, values_of: str | None) -> None:
    """Print notes about unexpected values: those from the shell, and those that a rehearsal does not borrow."""
    say_shell_variables(app)
    if not values_of:
        return
    borrowed = app.checkout.values(values_of).names
    if not borrowed and app.checkout.list_variables(values_of) is not None:
        app.screen.say(f"note: {values_of} sets no Terraform variables, so none are rehearsed")
    kept = app.checkout.values(environment).names - borrowed
    if kept:
        app.screen.say(
            f"note: {values_of} does not set {', '.join(sorted(kept))}: the values of {environment} are used"
        )


def nothing_to_save(variables: Mapping[str, str], *, save: bool) -> None:
    """Raise UsageInvalid if `--save` was given without a variable."""
    if save and not variables:
        raise UsageInvalid("--save requires at least one --var", hint="add --var NAME=VALUE")


def parse_allows(given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the waived violations. Raises UsageInvalid for one that no rule can have."""
    known = [one.value for one in DeployRule]
    for text in given or ():
        rule, colon, address = text.partition(":")
        if rule not in known:
            near = nearest(rule, known)
            hint = f"did you mean {near!r}?" if near else f"rules: {', '.join(known)}"
            raise UsageInvalid(f"--allow {text!r}: there is no rule {rule!r}", hint=hint)
        if not colon or not address:
            raise UsageInvalid(f"--allow {text!r} is not RULE:ADDRESS", hint="copy it from the plan's refusal")
    return tuple(given or ())


# Names and dots, with keys in brackets; a quoted key may contain anything, even an equals sign.
_ADDRESS = re.compile(r'((?:[A-Za-z_][\w-]*|\[(?:\d+|"(?:[^"\\]|\\.)*")\]|\.)+)(?:=(.+))?')


def parse_adopts(given: Sequence[str] | None) -> dict[str, str | None]:
    """Return the addresses with their ids, None if not given. Raises UsageInvalid for an invalid address."""
    found: dict[str, str | None] = {}
    for text in given or ():
        parts = _ADDRESS.fullmatch(text.strip())
        if parts is None or "." not in parts[1]:
            raise UsageInvalid(
                f"--adopt {text!r} is not ADDRESS or ADDRESS=ID",
                hint="e.g. --adopt module.function.aws_cloudwatch_log_group.this",
            )
        found[parts[1]] = parts[2]
    return found
