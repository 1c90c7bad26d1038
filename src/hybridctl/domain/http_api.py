"""An HTTP API as API Gateway describes it, and whether it may invoke the function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_GATEWAY = "apigateway.amazonaws.com"
_INVOKE = "lambda:InvokeFunction"


@dataclass(frozen=True, slots=True)
class Route:
    """A route: its key, such as "GET /health", and its target, such as "integrations/abc123"."""

    key: str
    target: str


@dataclass(frozen=True, slots=True)
class ApiStage:
    """A stage and the throttle of its routes, in requests a second; None if AWS's default holds."""

    name: str
    rate: float | None = None
    burst: float | None = None


@dataclass(frozen=True, slots=True)
class HttpApi:
    """An HTTP API's routes and stages, the URIs of its integrations by id, and whether its own endpoint is disabled."""

    routes: tuple[Route, ...] = ()
    stages: tuple[ApiStage, ...] = ()
    integrations: Mapping[str, str] | None = None
    is_disabled: bool = False


def allows_api(policy: Mapping[str, Any], api: str, stage: str) -> bool:
    """Return whether a resource policy lets API Gateway invoke the function for this stage of this API.

    Source: docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html, "API Gateway permissions".
    """
    return any(_allows(statement, api, stage) for statement in several(policy.get("Statement")))


def _allows(statement: Any, api: str, stage: str) -> bool:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    services = several(principal.get("Service")) if isinstance(principal, Mapping) else several(principal)
    if not {_GATEWAY, "*"} & {str(one) for one in services}:
        return False
    if not any(fnmatchcase(_INVOKE, str(pattern)) for pattern in several(statement.get("Action"))):
        return False
    sources = _sources(statement.get("Condition") or {})
    return all(any(_reaches(str(arn), api, stage) for arn in alternatives) for alternatives in sources)


def _sources(condition: Mapping[str, Any]) -> list[Sequence[Any]]:
    """Return the source ARNs that a statement requires. Every condition must match, with one of its alternatives."""
    return [
        several(value)
        for operands in condition.values()
        if isinstance(operands, Mapping)
        for key, value in operands.items()
        if key.lower() == "aws:sourcearn"
    ]


def _reaches(arn: str, api: str, stage: str) -> bool:
    """Return whether `arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/…` covers any request of the stage."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "execute-api":
        return arn == "*"
    pattern = parts[5].split("/")
    return fnmatchcase(api, pattern[0]) and (len(pattern) == 1 or fnmatchcase(stage, pattern[1]))


def several(value: Any) -> Sequence[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
