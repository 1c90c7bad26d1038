"""How a plan changes the bill: the fixed cost, and the cost of a million requests.

Source of the format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.cost.bill import bill
from hybridctl.domain.cost.load import Load, PerRequest, PricedPart, Shape
from hybridctl.domain.cost.prices import PriceList
from hybridctl.domain.cost.shape import METRICS
from hybridctl.domain.plan_json import walk_managed

MILLION = 1e6
_CENT = 0.005


@dataclass(frozen=True, slots=True)
class CostDelta:
    """The change in dollars a month; negative means cheaper. `parts` break down the fixed cost, largest first."""

    fixed: float
    per_million: float
    parts: tuple[tuple[str, float], ...]
    region: str

    @property
    def is_nothing(self) -> bool:
        return abs(self.fixed) < _CENT and abs(self.per_million) < _CENT


def cost_delta(plan: Mapping[str, Any], prices: PriceList) -> CostDelta | None:
    """Return the difference in cost at list prices, or None if the plan has no planned values."""
    after = plan.get("planned_values", {}).get("root_module")
    if after is None:
        return None
    before = plan.get("prior_state", {}).get("values", {}).get("root_module", {})
    was, will = _month(before, prices), _month(after, prices)
    names = dict.fromkeys((*was.fixed, *will.fixed))
    parts = [(name, will.fixed.get(name, 0.0) - was.fixed.get(name, 0.0)) for name in names]
    parts = sorted((part for part in parts if abs(part[1]) >= _CENT), key=lambda part: -abs(part[1]))
    return CostDelta(
        fixed=sum(dollars for _, dollars in parts),
        per_million=will.per_million - was.per_million,
        parts=tuple(parts),
        region=prices.region,
    )


@dataclass(frozen=True, slots=True)
class _Month:
    fixed: Mapping[str, float]
    per_million: float


def _month(module: Mapping[str, Any], prices: PriceList) -> _Month:
    shape = _shape(module)
    if shape is None:
        return _Month({}, 0.0)
    fixed = {line.about: line.dollars for line in bill(shape, Load(0, 0), prices)}
    million = bill(shape, PerRequest().load(MILLION, 0.0, shape.parts), prices)
    return _Month(fixed, sum(line.dollars for line in million if not line.fixed))


def _shape(module: Mapping[str, Any]) -> Shape | None:
    """Return the shape of a module and its children, or None if they contain no function."""
    resources: dict[str, list[Mapping[str, Any]]] = {}
    for _, kind, values in walk_managed(module):
        resources.setdefault(kind, []).append(values)
    functions = resources.get("aws_lambda_function")
    if not functions:
        return None
    function = min(functions, key=lambda one: len(str(one.get("function_name"))))  # a worker's name has more parts
    kept = resources.get("aws_lambda_provisioned_concurrency_config", [])
    # PerRequest assigns the requests to the first table: put the table with a TTL first.
    tables = sorted(resources.get("aws_dynamodb_table", []), key=lambda table: not table.get("ttl"))
    groups = resources.get("aws_cloudwatch_log_group", [])
    return Shape(
        memory_mb=int(function.get("memory_size") or 128),
        architecture=(function.get("architectures") or ["x86_64"])[0],
        provisioned_concurrency=sum(int(one.get("provisioned_concurrent_executions") or 0) for one in kept),
        parts=tuple(part for table in tables for part in _parts(table)),
        alarms=len(resources.get("aws_cloudwatch_metric_alarm", [])),
        composite_alarms=len(resources.get("aws_cloudwatch_composite_alarm", [])),
        dashboards=len(resources.get("aws_cloudwatch_dashboard", [])),
        metrics=METRICS,
        retention_days=max((int(group.get("retention_in_days") or 0) for group in groups), default=0),
    )


def _parts(table: Mapping[str, Any]) -> Iterator[PricedPart]:
    name = str(table.get("name"))
    provisioned = table.get("billing_mode") == "PROVISIONED"
    yield PricedPart(name, provisioned, *_capacity(table))
    for index in table.get("global_secondary_index") or ():
        yield PricedPart(f"{name} {index['name']}", provisioned, *_capacity(index), is_index=True)


def _capacity(values: Mapping[str, Any]) -> tuple[float, float]:
    return float(values.get("read_capacity") or 0), float(values.get("write_capacity") or 0)
