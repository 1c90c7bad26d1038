"""Resources that a plan deletes at one address and creates at another, although both are the same object in AWS.

Terraform does not know that: it creates the object, or finds that it exists, and then deletes it
(hashicorp/terraform-provider-aws#433). A `moved` block says that only the address has changed.
"""

from collections.abc import Mapping
from typing import Any

from hybridctl.domain.adoption import KEYS
from hybridctl.domain.counting import count_noun

# Several objects of these types may have the same key.
_NOT_UNIQUE = ("aws_apigatewayv2_api", "aws_apigatewayv2_integration", "aws_cloudwatch_event_target")


def find_renames(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the old and the new address of each object that a plan's JSON deletes and creates, sorted."""
    deleted, created = {}, {}
    for raw in plan.get("resource_changes", ()):
        change = raw["change"]
        if raw["type"] not in KEYS or raw["type"] in _NOT_UNIQUE or "deposed" in raw:
            continue
        if change["actions"] == ["delete"] and (key := _key(raw["type"], change.get("before"))):
            deleted[key] = raw["address"]
        elif change["actions"] == ["create"] and (key := _key(raw["type"], change.get("after"))):
            created[key] = raw["address"]
    return sorted((deleted[key], created[key]) for key in deleted.keys() & created.keys())


def describe_renames(renames: list[tuple[str, str]]) -> str:
    """Describe what would happen, and name the first object."""
    old, new = renames[0]
    more = f" ({count_noun(len(renames), 'object')} like this)" if len(renames) > 1 else ""
    return f"{new} is the same object as {old}, so Terraform would create it and then delete it{more}"


def find_move(old: str, new: str) -> str:
    """Return the arguments of the `moved` block: of the module, if that is all that has another name."""
    old_module, _, old_name = old.rpartition(".aws_")
    new_module, _, new_name = new.rpartition(".aws_")
    if old_name == new_name and old_module and new_module:
        return f"from = {old_module} and to = {new_module}"
    return f"from = {old} and to = {new}"


def _key(kind: str, values: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """Return what identifies the object, or None if that is not known before the apply."""
    found = [(values or {}).get(name, "" if name == "qualifier" else None) for name in KEYS[kind]]
    return None if None in found else (kind, *map(str, found))
