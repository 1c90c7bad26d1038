"""The resources in Terraform's JSON of a plan or a state.

Source of the format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from collections.abc import Iterator, Mapping
from typing import Any


def walk_managed(module: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the address, type and values of each managed resource of a module and its children."""
    for raw in module.get("resources", ()):
        if raw.get("mode", "managed") == "managed":
            yield raw.get("address", raw["type"]), raw["type"], raw.get("values") or {}
    for child in module.get("child_modules", ()):
        yield from walk_managed(child)


def walk_prior(plan: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the managed resources of the state that a plan starts from."""
    return walk_managed((plan.get("prior_state") or {}).get("values", {}).get("root_module", {}))


def find_planned(plan: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return the address and known planned values of each managed resource of a type."""
    planned = walk_managed(plan.get("planned_values", {}).get("root_module", {}))
    return ((address, values) for address, found, values in planned if found == kind)
