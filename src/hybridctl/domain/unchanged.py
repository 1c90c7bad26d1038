"""What a plan without changes says, taken from the state that is inside a saved plan.

`terraform show -json` starts the engine and every provider once more. Where nothing changes, what will be is what is,
so the state says all that a reader of the plan's JSON needs.
"""

from collections.abc import Mapping
from typing import Any

_STATE_FORMAT = 4


def describe_unchanged(state: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a plan's JSON that are read, all modules in one.

    ValueError for a state of another format, or with a value that Terraform writes into it in another way.
    """
    if state.get("version") != _STATE_FORMAT:
        raise ValueError(f"a state of the format {state.get('version')}")
    root = {"resources": [_resource(raw, instance) for raw in state["resources"] for instance in raw["instances"]]}
    managed = [one for one in root["resources"] if one["mode"] == "managed"]
    return {
        "planned_values": {"root_module": {"resources": managed}},
        "prior_state": {"values": {"root_module": root}},
        "configuration": {"root_module": {"outputs": {name: {} for name in state["outputs"]}}},
        "resource_changes": [
            {**one, "change": {"actions": ["no-op"], "before": one["values"], "after": one["values"]}}
            for one in managed
        ],
        "output_changes": {},
    }


def _resource(raw: Mapping[str, Any], instance: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{raw['module']}." if raw.get("module") else ""
    data = "data." if raw["mode"] == "data" else ""
    key = instance.get("index_key")
    index = "" if key is None else f'["{key}"]' if isinstance(key, str) else f"[{key}]"
    return {
        "address": f"{prefix}{data}{raw['type']}.{raw['name']}{index}",
        "mode": raw["mode"],
        "type": raw["type"],
        "name": raw["name"],
        "values": {name: _value(value) for name, value in instance["attributes"].items()},
    }


def _value(value: Any) -> Any:
    """The value itself. One whose type the schema leaves open is stored with its type: it looks like no other."""
    if isinstance(value, dict) and value.keys() == {"type", "value"}:
        raise ValueError("a value with its type")
    return value
