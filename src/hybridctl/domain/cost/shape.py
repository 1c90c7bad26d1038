"""An environment's shape, from the values of its Terraform variables."""

from collections.abc import Collection, Mapping
from typing import Any

from hybridctl.domain.cost.load import PricedPart, Shape
from hybridctl.domain.metrics.catalogue import INDEXES, TABLES
from hybridctl.errors import ConfigurationInvalid

METRICS = 4  # of the handler: sessions created, validated, rejected, and cold starts
_ALARMS = 4  # of the function and the API; each table and index has two more


def shape_of_values(
    environment: str, values: Mapping[str, Any], architecture: str, declared: Collection[str] | None = None
) -> Shape:
    """Return the shape that a deploy with these values creates. Raises ConfigurationInvalid if a value is missing or
    not a number.

    `declared` are the variables of the environment's Terraform, or None if they are not known.
    """

    def number(name: str) -> int:
        value = values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            if declared is not None and name not in declared:
                raise ConfigurationInvalid(
                    f"the Terraform of {environment} has no variable {name}: a given load cannot be priced",
                    hint=f"to price the load of what is deployed: hybridctl cost {environment}",
                )
            raise ConfigurationInvalid(
                f"{environment}: {name} is not set in its terraform.tfvars", hint=f"add {name} = …, or --var"
            )
        try:
            return int(value)
        except ValueError as cause:
            raise ConfigurationInvalid(f"{environment}: {name} is {value!r}, not a number") from cause

    provisioned = values.get("dynamodb_billing_mode") == "PROVISIONED"
    read = number("dynamodb_read_capacity") if provisioned else 0
    write = number("dynamodb_write_capacity") if provisioned else 0
    parts = tuple(
        PricedPart(name, provisioned, read, write, is_index=index)
        for table in TABLES
        for name, index in ((table, False), *((f"{table} {one}", True) for one in INDEXES.get(table, ())))
    )
    return Shape(
        memory_mb=number("lambda_memory_size"),
        architecture=architecture,
        provisioned_concurrency=number("lambda_provisioned_concurrency"),
        parts=parts,
        recovery=values.get("dynamodb_point_in_time_recovery") is True,
        alarms=_ALARMS + 2 * len(parts),
        composite_alarms=1,
        dashboards=1,
        metrics=METRICS,
        retention_days=number("log_retention_days"),
    )
