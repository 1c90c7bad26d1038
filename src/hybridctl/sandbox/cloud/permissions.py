"""Whether a function's resource policy lets an HTTP API, or another service of AWS, invoke it."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.home import ACCOUNT, REGION

FUNCTION = re.compile(r"(arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:([\w-]+)(?::([\w$-]+))?)")


def may_invoke(integration_uri: str, api: str, stage: str, route_key: str) -> bool:
    """Decide by the statements that name this function or alias, as Lambda does for API Gateway.

    The source ARN of an HTTP API ends in the stage and the route: its method and path, or `$default`.
    Source: apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, lambda/latest/dg/
    access-control-resource-based.html.
    """
    method, _, path = route_key.partition(" ")
    place = "$default" if route_key == "$default" else f"{'*' if method == 'ANY' else method}{path}"
    source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{stage}/{place}"
    return may_service_invoke(integration_uri, "apigateway.amazonaws.com", source)


def may_service_invoke(function_uri: str, principal: str, source: str) -> bool:
    """Decide by the statements that name this function, version or alias; `source` is the ARN that asks."""
    found = FUNCTION.search(function_uri)
    if found is None:
        return True  # no function of this account: not ours to judge
    arn, name, _ = found.groups()
    with emulator.as_owner():
        function = emulator.service("lambda_svc", "_functions")["_functions"].get(name)
    if function is None:
        return True  # a missing function has its own answer
    statements = [each for each in function["policy"]["Statement"] if _applies(each, arn, principal, source)]
    return any(each["Effect"] == "Allow" for each in statements) and not any(
        each["Effect"] == "Deny" for each in statements
    )


def _applies(statement: Mapping[str, Any], arn: str, asking: str, source: str) -> bool:
    principal = statement.get("Principal")
    service = principal.get("Service") if isinstance(principal, Mapping) else principal
    conditions = {
        (operator.lower(), key.lower()): value
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, value in keys.items()
    }
    pattern = conditions.get(("arnlike", "aws:sourcearn"), "*")
    owner = conditions.get(("stringequals", "aws:sourceaccount"), ACCOUNT)
    return (
        service in (asking, "*")
        and statement.get("Action") in ("lambda:InvokeFunction", "lambda:*")
        and statement.get("Resource") == arn
        and fnmatchcase(source.replace("[", "("), str(pattern).replace("[", "("))
        and owner == ACCOUNT
    )
