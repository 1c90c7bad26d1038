"""Terraform's outputs: the interface between the HCL and hybridctl."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.errors import NotDeployed, NotFound

HIDDEN = "(sensitive)"

# Required outputs of a function behind an HTTP API, with their usual expressions.
REQUIRED_OF_API: Mapping[str, str] = {
    "api_endpoint": "aws_apigatewayv2_stage.this.invoke_url",
    "api_id": "aws_apigatewayv2_api.this.id",
    "api_stage": "aws_apigatewayv2_stage.this.name",
}
# Required outputs of every function.
REQUIRED: Mapping[str, str] = {
    "lambda_alias_name": "aws_lambda_alias.live.name",
    "lambda_function_name": "aws_lambda_function.this.function_name",
    "lambda_function_version": "aws_lambda_function.this.version",
    "lambda_log_group": "aws_cloudwatch_log_group.this.name",
}


def find_missing_outputs(declared: Collection[str], *, has_api: bool = True) -> tuple[str, str] | None:
    """Return the missing outputs of a root and how to add them, or None if there are all.

    Without an HTTP API (`has_api`), the API's outputs are required only if the root declares one of them.
    """
    of_api = has_api or any(name in declared for name in REQUIRED_OF_API)
    required = {**(REQUIRED_OF_API if of_api else {}), **REQUIRED}
    missing = [name for name in required if name not in declared]
    if not missing:
        return None
    noun = "output" if len(missing) == 1 else "outputs"
    fix = f'add to the root module: output "{missing[0]}" {{ value = {required[missing[0]]} }}'
    return f"the Terraform configuration lacks the {noun} {', '.join(missing)}", fix


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs of one environment by name, like `terraform output -json` but only the values.

    `sensitive` are the outputs that the HCL marks as sensitive. Their values are never shown or stored, and are printed
    only on request by name (`--raw NAME`), as with `terraform output`.
    """

    values: Mapping[str, Any]
    sensitive: frozenset[str] = frozenset()

    @property
    def shown(self) -> dict[str, Any]:
        """The values sorted by name, with sensitive values hidden."""
        return {name: HIDDEN if name in self.sensitive else self.values[name] for name in sorted(self.values)}

    def text(self, name: str) -> str:
        """Return an output as `terraform output -raw` prints it. Raises NotFound, which suggests outputs."""
        if name not in self.values:
            from difflib import get_close_matches

            near = get_close_matches(name, self.values, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"outputs: {', '.join(sorted(self.values))}"
            raise NotFound(f"there is no output {name!r}", hint=hint)
        value = self.values[name]
        if not isinstance(value, str | int | float | bool):
            raise NotFound(f"the output {name!r} is not a single value", hint="use --output json")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def optional(self, name: str, lacking: str) -> str:
        """Return an output that not every backend has. Raises NotFound, which names what is `lacking`."""
        if name not in self.values:
            raise NotFound(f"this backend has no {lacking}: its Terraform has no output {name}")
        return self.text(name)

    @property
    def has_api(self) -> bool:
        """Whether requests use an HTTP API. A function without an API is invoked through its alias."""
        return any(name in self.values for name in REQUIRED_OF_API)

    @property
    def endpoint(self) -> str:
        """The API's URL, or FUNCTION:ALIAS without an API."""
        if self.has_api or not self.values:
            return self.text("api_endpoint").rstrip("/")
        return f"{self.function}:{self.text('lambda_alias_name')}"

    @property
    def tables(self) -> dict[str, str]:
        """The tables by name, with their keys in the HCL: `dynamodb_sessions_table` becomes "sessions"."""
        return {
            str(value): name.removeprefix("dynamodb_").removesuffix("_table")
            for name, value in self.values.items()
            if name.startswith("dynamodb_") and name.endswith("_table")
        }

    @property
    def newest_version(self) -> int:
        return int(self.text("lambda_function_version"))

    @property
    def newest(self) -> int | None:
        """The newest published version, or None if the output is missing or not a number."""
        value = str(self.values.get("lambda_function_version", ""))
        return int(value) if value.isdecimal() else None

    @property
    def function(self) -> str:
        return self.text("lambda_function_name")

    @property
    def log_group(self) -> str:
        return self.text("lambda_log_group")


def require_outputs(environment: str, outputs: Outputs | None, otherwise: str) -> Outputs:
    """Return the outputs of a deployed environment. Raises NotDeployed; `otherwise` says what does not work then."""
    if outputs is None:
        raise NotDeployed(f"{environment} is not deployed: {otherwise}", hint=f"hybridctl deploy {environment}")
    return outputs


def no_function(environment: str, outputs: Outputs | None, otherwise: str) -> NotDeployed | NotFound:
    """Return the error for a missing function: nothing was deployed, or the function or its alias was deleted."""
    deploy = f"hybridctl deploy {environment}"
    if outputs is None:
        return NotDeployed(f"{environment} is not deployed, so {otherwise}", hint=deploy)
    gone = f"the function of {environment}, or the alias that serves traffic, no longer exists"
    return NotFound(f"{gone}, so {otherwise}", hint=f"{deploy} recreates it")
