"""What autoscaling has made of the tables' capacity, so that a plan leaves it alone."""

import json
from collections.abc import Mapping, Sequence

from hybridctl.values import dataclass

VARIABLE = "dynamodb_scaled_capacity"


@dataclass(frozen=True, slots=True)
class Scaled:
    """The capacity of a table (`part` "table") or of one of its indexes right now, in units a second."""

    table: str
    part: str
    read: int
    write: int


def capacity_variable(scaled: Sequence[Scaled], things: Mapping[str, str]) -> dict[str, str]:
    """The Terraform variable that tells a plan of them; `things` maps a table's name to the module's key for it."""
    told: dict[str, dict[str, dict[str, int]]] = {}
    for one in scaled:
        told.setdefault(things[one.table], {})[one.part] = {"read": one.read, "write": one.write}
    return {VARIABLE: json.dumps(told, sort_keys=True)} if told else {}
