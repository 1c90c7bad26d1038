"""Queues and schedules that would invoke code that no release has proven, because they do not name the alias."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hybridctl.domain.plan_json import find_planned

# The argument that names the function, by resource type.
TRIGGERS = {"aws_lambda_event_source_mapping": "function_name", "aws_cloudwatch_event_target": "arn"}
_FUNCTION = re.compile(r"(?:arn:[\w-]+:lambda:[a-z0-9-]+:\d{12}:function:)?([\w-]+)(?::(\$LATEST|[\w-]+))?")
_INDEX = re.compile(r"\[[^\]]*\]")


def find_unproven_triggers(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of triggers that name a function without its alias, so that every apply would run new code.

    A function without an alias is not released by hybridctl and is skipped. If the value is known only after the apply,
    the references in the HCL decide.
    """
    aliases = [values for _, values in find_planned(plan, "aws_lambda_alias")]
    released = {_name(str(one.get("function_name"))) for one in aliases}
    if not aliases:
        return
    for kind, argument in TRIGGERS.items():
        for address, values in find_planned(plan, kind):
            value = values.get(argument)
            if isinstance(value, str):
                match = _FUNCTION.fullmatch(value)
                if match and match[1] in released and match[2] in (None, "$LATEST"):
                    yield address
            elif value is None and _names_function(plan, address, argument):
                yield address


def _name(function: str) -> str:
    match = _FUNCTION.fullmatch(function)
    return match[1] if match else function


def _names_function(plan: Mapping[str, Any], address: str, argument: str) -> bool:
    """Return whether the HCL refers to a function and to no alias."""
    path = _INDEX.sub("", address).split(".")
    modules = [path[at + 1] for at in range(0, len(path) - 2, 2) if path[at] == "module"]
    chain = [plan.get("configuration", {}).get("root_module", {})]
    for name in modules:
        chain.append(chain[-1].get("module_calls", {}).get(name, {}).get("module", {}))
    resource = ".".join(path[-2:])
    written: Mapping[str, Any] = next(
        (one for one in chain[-1].get("resources", ()) if one.get("address") == resource), {}
    )
    kinds = set(_kinds(chain, modules, written.get("expressions", {}).get(argument, {})))
    return "aws_lambda_function" in kinds and "aws_lambda_alias" not in kinds


def _kinds(chain: list[Mapping[str, Any]], modules: list[str], expression: Mapping[str, Any]) -> Iterator[str]:
    """Yield the resource types that an expression refers to, through variables and outputs of modules.

    `chain` are the modules from the root to the one that contains the expression; `modules` are the names of the calls.
    """
    for reference in expression.get("references", ()):
        parts = _INDEX.sub("", reference).split(".")
        if parts[0] == "var" and modules:
            call = chain[-2].get("module_calls", {}).get(modules[-1], {})
            yield from _kinds(chain[:-1], modules[:-1], call.get("expressions", {}).get(parts[1], {}))
        elif parts[0] == "module" and len(parts) > 2:
            inner = chain[-1].get("module_calls", {}).get(parts[1], {}).get("module", {})
            output = inner.get("outputs", {}).get(parts[2], {}).get("expression", {})
            yield from _kinds([*chain, inner], [*modules, parts[1]], output)
        else:
            yield parts[0]
