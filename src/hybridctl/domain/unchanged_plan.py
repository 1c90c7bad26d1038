"""The JSON of a plan without changes, built from the state in a saved plan.

`terraform show -json` would start the engine and all providers again. Without changes, the planned values equal the
current ones, so the state contains everything that readers of the plan's JSON need.
"""

from collections.abc import Mapping
from typing import Any

from hybridctl.domain.tfstate import address_of

_STATE_FORMAT = 4


def describe_unchanged(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a plan's JSON that hybridctl reads, with all modules in one.

    Raises ValueError for a state of another format, or for a value that Terraform writes differently into a state.
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
    return {
        "address": address_of(raw, instance),
        "mode": raw["mode"],
        "type": raw["type"],
        "name": raw["name"],
        "values": {name: _value(value) for name, value in instance["attributes"].items()},
    }


def _value(value: Any) -> Any:
    """Return the value. A value of dynamic type is stored together with its type; raises ValueError for values that
    look like that.
    """
    if isinstance(value, dict) and value.keys() == {"type", "value"}:
        raise ValueError("a value with its type")
    return value
