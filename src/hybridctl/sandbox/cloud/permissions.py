"""Check whether a function's resource policy allows an HTTP API or another service to invoke it."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Original
from hybridctl.sandbox.home import ACCOUNT, REGION

FUNCTION = re.compile(r"(arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:([\w-]+)(?::([\w$-]+))?)")


def may_invoke(integration_uri: str, api: str, stage: str, route_key: str) -> bool:
    """Decide by the statements for this function or alias, as Lambda does for API Gateway.

    The source ARN of an HTTP API ends in the stage and the route: its method and path, or `$default`. Source:
    apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
    lambda/latest/dg/access-control-resource-based.html.
    """
    method, _, path = route_key.partition(" ")
    place = "$default" if route_key == "$default" else f"{'*' if method == 'ANY' else method}{path}"
    source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{stage}/{place}"
    return may_service_invoke(integration_uri, "apigateway.amazonaws.com", source)


def may_service_invoke(function_uri: str, principal: str, source: str) -> bool:
    """Decide by the statements for this function, version or alias; `source` is the ARN of the caller."""
    found = FUNCTION.search(function_uri)
    if found is None:
        return True  # no function of this account: not ours to judge
    arn, name, _ = found.groups()
    with emulator.as_owner():
        function = emulator.service("lambda_svc", "_functions")["_functions"].get(name)
    if function is None:
        return False  # its policy went with it
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


class Permissions:
    """Delete a version's or alias's statements together with it, as AWS does."""

    def __init__(self) -> None:
        self._lambda = emulator.service("lambda_svc", "_functions")

    def install(self) -> None:
        module = self._lambda.module
        emulator.replace(module, "_add_permission", "func_name data query_params path_qualifier", self._add)
        emulator.replace(module, "_delete_alias", "func_name alias_name", self._delete_alias)
        emulator.replace(module, "_delete_function", "name query_params path_qualifier", self._delete_version)

    def _add(
        self,
        original: Original,
        name: str,
        data: dict[str, Any],
        query_params: Any = None,
        path_qualifier: str | None = None,
    ) -> Answer:
        """Require unique statement ids within one policy: another alias may use the same id."""
        function = self._lambda["_functions"].get(name)
        if function is None:
            return original(name, data, query_params, path_qualifier)
        policy, place = function["policy"], _place(name, _qualifier(query_params, path_qualifier))
        others = [one for one in policy["Statement"] if not _is_of(one, place)]
        policy["Statement"] = [one for one in policy["Statement"] if _is_of(one, place)]
        try:
            return original(name, data, query_params, path_qualifier)
        finally:
            policy["Statement"] = [*others, *policy["Statement"]]

    def _delete_alias(self, original: Original, name: str, alias: str) -> Answer:
        return self._forget(name, alias, original(name, alias))

    def _delete_version(self, original: Original, name: str, query: Any, path_qualifier: str | None = None) -> Answer:
        return self._forget(name, _qualifier(query, path_qualifier), original(name, query, path_qualifier))

    def _forget(self, name: str, qualifier: str, answer: Answer) -> Answer:
        function = self._lambda["_functions"].get(name)
        if answer[0] < 300 and function is not None and qualifier:
            policy = function["policy"]
            policy["Statement"] = [one for one in policy["Statement"] if not _is_of(one, _place(name, qualifier))]
        return answer


def _qualifier(query_params: Any, path_qualifier: str | None) -> str:
    named = (query_params or {}).get("Qualifier") or path_qualifier or ""
    return str(named[0] if isinstance(named, list) else named)


def _place(name: str, qualifier: str) -> str:
    """Return the end of the ARN of a function, version or alias."""
    return f":function:{name}:{qualifier}" if qualifier else f":function:{name}"


def _is_of(statement: Mapping[str, Any], place: str) -> bool:
    return str(statement.get("Resource")).endswith(place)
