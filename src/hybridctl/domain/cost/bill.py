"""The monthly cost of an environment: its shape and load, line by line at list prices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil

from hybridctl.domain.cost.load import GB, Load, PricedPart, Shape
from hybridctl.domain.cost.prices import HOURS, PriceList

METERED_KB = 512  # an HTTP API bills each started 512 KB as a request
TARGET = 0.7  # autoscaling's target utilization
_CAPACITY = ("dynamodb-read-capacity", "dynamodb-write-capacity")


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of the bill. A `fixed` line is charged even without requests."""

    service: str
    about: str
    quantity: float
    unit: str
    dollars: float
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Modes:
    """DynamoDB's cost for the same load in both billing modes. `used` is the share of the provisioned capacity that the
    load uses.
    """

    on_demand: float
    provisioned: float
    read_used: float
    write_used: float
    read_even: float
    write_even: float


@dataclass(frozen=True, slots=True)
class Doubled:
    """How much more a month costs if one factor doubles."""

    what: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of one environment for a month. `source` says where the load comes from; `dated` says when the prices
    were read.
    """

    environment: str
    source: str
    region: str
    dated: tuple[date, date]
    shape: Shape
    load: Load
    lines: tuple[BillLine, ...]
    modes: Modes
    doubled: tuple[Doubled, ...]
    free_tier: bool
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        return sum(line.dollars for line in self.lines)

    @property
    def fixed(self) -> float:
        return sum(line.dollars for line in self.lines if line.fixed)

    @property
    def per_million(self) -> float | None:
        """The cost of a million requests beyond the fixed cost, or None without requests."""
        return (self.total - self.fixed) / self.load.requests * 1e6 if self.load.requests else None


def estimate(
    environment: str,
    shape: Shape,
    load: Load,
    prices: PriceList,
    *,
    source: str,
    free_tier: bool = False,
    notes: Sequence[str] = (),
) -> Estimate:
    """Estimate the cost of a month, with billing modes and the effect of doubling each factor."""
    if prices.foreign:
        notes = (*notes, f"prices are for {prices.region}; --refresh-prices downloads those of this region")
    if free_tier:
        first_year = ", ".join(price.about for price in prices.prices.values() if price.free_first_year)
        notes = (*notes, f"not subtracted, because it is free only in an account's first year: {first_year}")
    return Estimate(
        environment=environment,
        source=source,
        region=prices.region,
        dated=prices.dated,
        shape=shape,
        load=load,
        lines=bill(shape, load, prices, free_tier=free_tier),
        modes=modes(shape, load, prices),
        doubled=doublings(shape, load, prices, free_tier=free_tier),
        free_tier=free_tier,
        notes=tuple(notes),
    )


def bill(shape: Shape, load: Load, prices: PriceList, *, free_tier: bool = False) -> tuple[BillLine, ...]:
    """Return the lines of the bill, without lines of quantity 0."""

    def lines(service: str, quantities: Iterator[tuple[str, float, bool]]) -> Iterator[BillLine]:
        for name, quantity, fixed in quantities:
            if quantity:
                price = prices[name]
                raised = name in _CAPACITY and not fixed
                about = f"{price.about}, scaled" if raised else price.about
                dollars = price.of(quantity, free_tier=free_tier and not raised)
                yield BillLine(service, about, quantity, price.unit, dollars, fixed)

    return (
        *lines("Lambda", _function(shape, load)),
        *lines("HTTP API", _api(load)),
        *lines("DynamoDB", _tables(shape, load)),
        *lines("CloudWatch", _watching(shape, load)),
        *lines("Transfer", iter([("transfer-out", load.requests * load.answer_kb / 1e6, False)])),
    )


def _function(shape: Shape, load: Load) -> Iterator[tuple[str, float, bool]]:
    seconds = load.requests * load.duration_ms / 1000 * shape.gigabytes
    # Requests on provisioned environments cost less. Requests beyond them are not billed separately here.
    way = "run" if shape.provisioned_concurrency else "duration"
    yield f"lambda-requests-{shape.architecture}", load.requests, False
    yield f"lambda-{way}-{shape.architecture}", seconds, False
    yield f"lambda-kept-{shape.architecture}", warm_seconds(shape.provisioned_concurrency, shape.memory_mb), True


def warm_seconds(environments: int, memory_mb: int) -> float:
    """Return the GB-seconds that this many provisioned environments use in a month."""
    return environments * memory_mb / GB * HOURS * 3600


def _api(load: Load) -> Iterator[tuple[str, float, bool]]:
    yield "http-api-requests", load.requests * max(1, ceil(load.answer_kb / METERED_KB)), False


def _tables(shape: Shape, load: Load) -> Iterator[tuple[str, float, bool]]:
    on_demand = [load.units.get(part.name, (0.0, 0.0)) for part in shape.parts if not part.provisioned]
    bought = [part for part in shape.parts if part.provisioned]
    raised = [_scale_up(part, load) for part in bought]
    yield "dynamodb-reads", sum(reads for reads, _ in on_demand), False
    yield "dynamodb-writes", sum(writes for _, writes in on_demand), False
    yield "dynamodb-read-capacity", sum(part.read for part in bought) * HOURS, True
    yield "dynamodb-write-capacity", sum(part.write for part in bought) * HOURS, True
    yield "dynamodb-read-capacity", sum(read for read, _ in raised) * HOURS, False
    yield "dynamodb-write-capacity", sum(write for _, write in raised) * HOURS, False
    yield "dynamodb-storage", load.storage_gb, True
    yield "dynamodb-recovery", load.storage_gb if shape.recovery else 0.0, True


def _scale_up(part: PricedPart, load: Load) -> tuple[float, float]:
    """Return the capacity that autoscaling adds to a part for a steady load."""
    reads, writes = load.units.get(part.name, (0.0, 0.0))
    seconds = HOURS * 3600
    return max(0.0, steady_capacity(reads / seconds) - part.read), max(
        0.0, steady_capacity(writes / seconds) - part.write
    )


def _watching(shape: Shape, load: Load) -> Iterator[tuple[str, float, bool]]:
    yield "logs-ingested", load.log_gb, False
    yield "logs-stored", load.log_gb * shape.retention_days / (HOURS / 24), False
    yield "metrics", shape.metrics, True
    yield "alarms", shape.alarms + shape.scaling_alarms, True
    yield "composite-alarms", shape.composite_alarms, True
    yield "dashboards", shape.dashboards, True


def even(prices: PriceList) -> tuple[float, float]:
    """Return the steady utilization above which provisioned capacity is cheaper than on demand, for reads and for
    writes.
    """
    reads = prices["dynamodb-read-capacity"].first / (prices["dynamodb-reads"].first * 3600)
    writes = prices["dynamodb-write-capacity"].first / (prices["dynamodb-writes"].first * 3600)
    return reads, writes


def modes(shape: Shape, load: Load, prices: PriceList) -> Modes:
    """Compare both billing modes. Capacity is the larger of the configured capacity and what autoscaling sets for a
    steady load.
    """
    seconds = HOURS * 3600
    reads = writes = read = write = 0.0
    for part in shape.parts:
        used = load.units.get(part.name, (0.0, 0.0))
        reads += used[0]
        writes += used[1]
        read += max(part.read, steady_capacity(used[0] / seconds))
        write += max(part.write, steady_capacity(used[1] / seconds))
    read_even, write_even = even(prices)
    return Modes(
        on_demand=prices["dynamodb-reads"].of(reads) + prices["dynamodb-writes"].of(writes),
        provisioned=capacity(read, write, prices),
        read_used=reads / seconds / read if read else 0.0,
        write_used=writes / seconds / write if write else 0.0,
        read_even=read_even,
        write_even=write_even,
    )


def capacity(read: float, write: float, prices: PriceList) -> float:
    """Return the monthly cost of this many capacity units."""
    return prices["dynamodb-read-capacity"].of(read * HOURS) + prices["dynamodb-write-capacity"].of(write * HOURS)


def steady_capacity(rate: float) -> int:
    """Return the capacity that autoscaling keeps for a steady rate, in units per second."""
    return max(1, ceil(round(rate / TARGET, 6)))


def doublings(shape: Shape, load: Load, prices: PriceList, *, free_tier: bool) -> tuple[Doubled, ...]:
    """Return the factors whose doubling raises the bill, largest increase first."""

    def total(shape: Shape, load: Load) -> float:
        return sum(line.dollars for line in bill(shape, load, prices, free_tier=free_tier))

    now = total(shape, load)
    reads = {name: (2 * one, two) for name, (one, two) in load.units.items()}
    writes = {name: (one, 2 * two) for name, (one, two) in load.units.items()}
    twice: Mapping[str, Callable[[], float]] = {
        "requests": lambda: total(shape, load.times(2)),
        "memory": lambda: total(replace(shape, memory_mb=2 * shape.memory_mb), load),
        "duration": lambda: total(shape, replace(load, duration_ms=2 * load.duration_ms)),
        "reads per request": lambda: total(shape, replace(load, units=reads)),
        "writes per request": lambda: total(shape, replace(load, units=writes)),
        "log bytes per request": lambda: total(shape, replace(load, log_gb=2 * load.log_gb)),
        "stored data": lambda: total(shape, replace(load, storage_gb=2 * load.storage_gb)),
    }
    doubled = [Doubled(what, ask() - now) for what, ask in twice.items()]
    return tuple(sorted((one for one in doubled if one.dollars >= 0.005), key=lambda one: -one.dollars))
