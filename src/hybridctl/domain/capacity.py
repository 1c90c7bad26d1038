"""The table capacity that autoscaling has set, passed to a plan so that the plan does not change it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

VARIABLE = "dynamodb_scaled_capacity"


@dataclass(frozen=True, slots=True)
class Scaled:
    """The current capacity of a table (`part` is "table") or of one of its indexes, in units per second."""

    table: str
    part: str
    read: int
    write: int


def capacity_variable(scaled: Sequence[Scaled], things: Mapping[str, str]) -> dict[str, str]:
    """Return the Terraform variable with the scaled capacity. `things` maps a table's name to its key in the module."""
    capacities: dict[str, dict[str, dict[str, int]]] = {}
    for one in scaled:
        capacities.setdefault(things[one.table], {})[one.part] = {"read": one.read, "write": one.write}
    return {VARIABLE: json.dumps(capacities, sort_keys=True)} if capacities else {}
