"""Estimate what an environment costs, for a given load or the measured one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from hybridctl.domain.cost.bill import Estimate, estimate
from hybridctl.domain.cost.load import Load, PerRequest, PricedPart, Shape
from hybridctl.domain.cost.prices import HOURS, PriceList, Refreshed, changes
from hybridctl.domain.cost.shape import METRICS, shape_of_values
from hybridctl.domain.counting import count_noun
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.metrics.catalogue import API, DYNAMODB, LAMBDA, Subjects, subjects_of, table_dimensions
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.metrics.span import Span, span_of
from hybridctl.domain.outputs import Outputs, no_function
from hybridctl.domain.table import Table
from hybridctl.domain.tfstate import Resources
from hybridctl.errors import NotFound, UsageInvalid
from hybridctl.ports.insight import HasMetrics
from hybridctl.ports.machine import Prices
from hybridctl.ports.release import HasFunctions, HasPlace
from hybridctl.ports.resources import HasFunctionSettings, HasTables
from hybridctl.ports.run import Clock
from hybridctl.ports.terraform import HasState

_LOGS = "AWS/Logs"
_SHORTEST = timedelta(hours=1)


class CostPorts(HasFunctionSettings, HasFunctions, HasMetrics, HasPlace, HasState, HasTables, Protocol):
    """The ports that a bill of the measured load uses."""


@dataclass(frozen=True, slots=True)
class Given:
    """A load as the user specifies it."""

    requests: float
    each: PerRequest
    storage_gb: float


@dataclass(frozen=True, slots=True)
class ComparedCosts:
    """Two environments under the same load."""

    first: Estimate
    second: Estimate


def estimate_given(
    environment: str,
    values: Mapping[str, Any],
    architecture: str,
    given: Given,
    prices: PriceList,
    *,
    free_tier: bool,
    declared: Collection[str] | None = None,
) -> Estimate:
    """Return the bill of a month for the environment as its HCL configures it, without asking AWS."""
    shape = shape_of_values(environment, values, architecture, declared)
    load = given.each.load(given.requests, given.storage_gb, shape.parts)
    return estimate(environment, shape, load, prices, source="given", free_tier=free_tier)


def estimate_measured(
    backend: CostPorts, clock: Clock, days: int, retention_days: int, prices: PriceList, *, free_tier: bool
) -> Estimate:
    """Return the bill of a month like the last `days`, for the resources that exist. Raises NotDeployed, and NotFound
    if there were no requests.
    """
    name = backend.place.environment
    outputs = backend.state.outputs()
    function = backend.function_settings.function() if outputs else None
    if outputs is None or function is None:
        error = no_function(name, outputs, "no load was measured")
        error.hint = f"specify one: hybridctl cost {name} --requests 1M"
        raise error
    subjects = subjects_of(outputs, name)
    tables_found = {thing: backend.tables.table(table) for thing, table in subjects.tables.items()}
    tables = {thing: table for thing, table in tables_found.items() if table is not None}
    now = clock.now()
    window = Window(now - timedelta(days=days), now)
    measured = _measure(backend, subjects, tables, _log_groups(outputs), window, now)
    if not measured.requests:
        raise NotFound(
            f"{name} had no requests in the last {count_noun(days, 'day')}",
            hint=f"specify a load: hybridctl cost {name} --requests 1M",
        )
    parts = _parts(tables)
    kept = backend.functions.read_provisioned()
    there = backend.state.read_resources() or Resources(())
    is_ours = "sessions" in subjects.tables  # the only handler whose own metrics are known
    shape = Shape(
        memory_mb=function.memory_mb,
        architecture=function.architecture,
        provisioned_concurrency=kept.wanted if kept else 0,
        parts=parts,
        recovery=any(table.recovery for table in tables.values()),
        alarms=len(there.of("aws_cloudwatch_metric_alarm")),
        composite_alarms=len(there.of("aws_cloudwatch_composite_alarm")),
        dashboards=len(there.of("aws_cloudwatch_dashboard")),
        metrics=METRICS if is_ours else 0,
        retention_days=retention_days,
    )
    load, notes = measured.month(parts, sum(table.bytes for table in tables.values()) / 1e9)
    if not is_ours:
        notes.append("metrics that the function publishes itself are not included")
    if backend.place.endpoint:
        notes.append("the sandbox is free; these are the prices of the same load on AWS")
    source = f"{_show_length(measured.length)} measured, extrapolated to a month"
    return estimate(name, shape, load, prices, source=source, free_tier=free_tier, notes=notes)


def refresh(list_prices: Prices, clock: Clock, region: str) -> Refreshed:
    """Download a region's prices from AWS, save them, and return the differences."""
    before = list_prices.of(region)
    after = list_prices.ask(before, region, clock.now().date())
    file = list_prices.keep(after)
    different = changes(before, after)
    missing = tuple(name for name in before.prices if name not in after.prices)
    return Refreshed(region, f"{file.parent.name}/{file.name}", different, len(after.prices) - len(different), missing)


@dataclass(frozen=True, slots=True)
class _Measured:
    length: timedelta
    requests: float
    duration_ms: float
    units: Mapping[str, tuple[float, float]]
    bytes_out: float
    bytes_logged: float

    def month(self, parts: Sequence[PricedPart], storage_gb: float) -> tuple[Load, list[str]]:
        """Scale the measured load to a month. Defaults from docs/cost.md fill in what was not measured, with a note."""
        factor = timedelta(hours=HOURS) / self.length
        notes = []
        if self.length < timedelta(days=1):
            notes.append(
                f"only {_show_length(self.length)} of traffic was found, so the monthly figure is a rough estimate"
            )
        log_gb = self.bytes_logged / 1e9 * factor
        if not self.bytes_logged:
            log_gb = self.requests * factor * PerRequest().log_kb / 1e6
            notes.append(f"log size is not measured: {PerRequest().log_kb} kB per request is assumed")
        answer_kb = self.bytes_out / self.requests / 1000 if self.bytes_out else PerRequest().answer_kb
        known = {part.name for part in parts}
        units = {
            name: (reads * factor, writes * factor) for name, (reads, writes) in self.units.items() if name in known
        }
        load = Load(self.requests * factor, self.duration_ms, units, answer_kb, log_gb, storage_gb)
        return load, notes


def _measure(
    backend: CostPorts,
    subjects: Subjects,
    tables: Mapping[str, Table],
    log_groups: Sequence[str],
    window: Window,
    now: datetime,
) -> _Measured:
    stage = (("ApiId", subjects.api_id or ""), ("Stage", subjects.stage))
    of_api = [Query(API, name, stage) for name in ("Count", "DataProcessed")] if subjects.api_id else []
    calls = Query(LAMBDA, "Invocations", subjects.live)
    busy = Query(LAMBDA, "Duration", subjects.live)
    logged = [Query(_LOGS, "IncomingBytes", (("LogGroupName", group),)) for group in log_groups]
    used = {
        _label(thing, part.index): tuple(
            Query(DYNAMODB, f"Consumed{kind}CapacityUnits", table_dimensions(table.name, part.index))
            for kind in ("Read", "Write")
        )
        for thing, table in tables.items()
        for part in table.parts
    }
    span = span_of(window, now, None)
    asked = [*of_api, calls, busy, *logged, *(query for pair in used.values() for query in pair)]
    points = backend.metrics.read(asked, span)

    def total(query: Query) -> float:
        return sum(points[query].values())

    invocations = total(calls)
    requests, bytes_out = map(total, of_api) if of_api else (0.0, 0.0)
    first = points[of_api[0]] if of_api else {}
    return _Measured(
        length=_length(first or points[calls], span, now),
        requests=requests or invocations,
        duration_ms=total(busy) / invocations if invocations else PerRequest().duration_ms,
        units={label: (total(pair[0]), total(pair[1])) for label, pair in used.items()},
        bytes_out=bytes_out,
        bytes_logged=sum(total(query) for query in logged),
    )


def _log_groups(outputs: Outputs) -> list[str]:
    """Return the log groups of the function and the API."""
    named = [outputs.values.get(name) for name in ("lambda_log_group", "api_access_log_group")]
    return [group for group in named if isinstance(group, str)]


def _length(points: Mapping[datetime, float], span: Span, now: datetime) -> timedelta:
    """Return how long there has been traffic: an environment may be younger than the window."""
    first = min(points, default=span.start)
    return max(_SHORTEST, now - first)


def _parts(tables: Mapping[str, Table]) -> tuple[PricedPart, ...]:
    return tuple(
        PricedPart(
            _label(thing, part.index), table.is_provisioned, part.read, part.write, is_index=part.index is not None
        )
        for thing, table in tables.items()
        for part in table.parts
    )


def _label(thing: str, index: str | None) -> str:
    return f"{thing} {index}" if index else thing


def _show_length(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h"


def read_quantity(text: str, *, option: str) -> float:
    """Parse a number such as 250000, 1.5M, 300k or 2G. Raises UsageInvalid."""
    factors = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9}
    word = text.strip().replace("_", "").replace(",", "").lower()
    number, suffix = (word[:-1], word[-1]) if word[-1:] in "kmgb" and word else (word, "")
    try:
        value = float(number) * factors[suffix]
    except ValueError as cause:
        raise UsageInvalid(f"{option} {text}: not a number", hint="for example 250000, 300k or 1.5M") from cause
    if not 0 < value < 1e13:
        raise UsageInvalid(f"{option} {text}: out of range", hint="like 250000, 300k or 1.5M")
    return value
