"""DynamoDB throttling: which part, reads or writes, and whether the cause is capacity, a hot key or slow autoscaling.

Sources: amazondynamodb/latest/developerguide/bp-partition-key-design.html (3,000 read and 1,000 write units per second
per partition), on-demand-capacity-mode.html (immediately up to twice the previous peak), AutoScaling.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from hybridctl.domain.cost.bill import TARGET, capacity
from hybridctl.domain.cost.prices import PriceList
from hybridctl.domain.counting import count_noun
from hybridctl.domain.troubles.answer import Remedy, TroubleAnswer, TroubleEvidence, remedy_by_deploy, remedy_by_look

PARTITION = {"read": 3000.0, "write": 1000.0}
BUSY = 0.8  # of the capacity in a minute: capacity is too low, because a minute's average hides peaks
_FEW_UNITS = 20
_SCALING_LAG = "autoscaling reacts after two minutes above 70 %, so it does not help with a burst"


@dataclass(frozen=True, slots=True)
class Use:
    """Reads or writes of one table or index. `minutes` are the consumed units of each minute; `capacity` is 0 on
    demand.
    """

    part: str
    kind: str
    throttled: float
    minutes: tuple[float, ...] = ()
    capacity: float = 0.0

    @property
    def peak(self) -> float:
        """Units per second in the busiest minute."""
        return max(self.minutes, default=0.0) / 60

    @property
    def total(self) -> float:
        return sum(self.minutes)


@dataclass(frozen=True, slots=True)
class Pressure:
    """All measurements of a number of hours. `turned_away` is the number of requests that Lambda throttled, the last of
    them at `turned_away_at`.

    `reserved` is what is reserved now, which may not be what was reserved then. `room` is how many executions the
    account lets the function reserve in total, None if unknown.
    """

    hours: float
    provisioned: bool
    uses: tuple[Use, ...]
    turned_away: float = 0.0
    turned_away_at: datetime | None = None
    reserved: int | None = None
    most: dict[str, int] | None = None
    room: int | None = None


def judge_throttling(environment: str, pressure: Pressure, prices: PriceList) -> TroubleAnswer:
    hot = [use for use in pressure.uses if use.throttled]
    evidence = tuple(_describe(use) for use in pressure.uses if use.throttled or use.total)
    mode = "PROVISIONED, with autoscaling" if pressure.provisioned else "PAY_PER_REQUEST"
    evidence = (TroubleEvidence("billing mode", mode), *evidence)
    if pressure.turned_away:
        return _function(environment, pressure, evidence)
    if not hot:
        verdict = f"nothing was throttled in {pressure.hours:.0f} h"
        remedy = remedy_by_look(
            f"hybridctl metrics {environment} --since 7d", "nothing to fix; see a longer time range"
        )
        return TroubleAnswer("throttling", environment, False, verdict, evidence, remedy, _money(pressure, prices))
    worst = max(hot, key=lambda use: use.throttled)
    verdict = f"{worst.throttled:.0f} {worst.kind}s of {worst.part} were throttled in {pressure.hours:.0f} h"
    short = [use for use in hot if use.capacity and use.peak >= BUSY * use.capacity]
    if short:
        return TroubleAnswer(
            "throttling",
            environment,
            True,
            f"{verdict}: its capacity is too low",
            evidence,
            _more(environment, pressure, short, prices),
            (_SCALING_LAG, *_money(pressure, prices)),
        )
    return TroubleAnswer(
        "throttling",
        environment,
        True,
        f"{verdict}, although capacity was not exhausted: probably one key is too hot",
        evidence,
        _hot_key(environment, worst),
        (
            (
                f"one partition serves {PARTITION[worst.kind]:,.0f} {worst.kind} units per second, "
                "whatever the table has; a one-minute average hides short bursts"
            ),
            *_compare_modes(pressure),
            *_money(pressure, prices),
        ),
    )


def _describe(use: Use) -> TroubleEvidence:
    summary = f"{use.throttled:.0f} throttled, peak {use.peak:.1f} units/s"
    if use.capacity:
        summary += f" of {use.capacity:.0f} ({use.peak / use.capacity:.0%})"
    return TroubleEvidence(f"{use.part} {use.kind}s", summary, bad=bool(use.throttled))


def _more(environment: str, pressure: Pressure, short: Sequence[Use], prices: PriceList) -> Remedy:
    """Recommend enough capacity for the peak, or on demand if that is cheaper for the actual use."""
    wanted: dict[str, int] = {}
    for use in short:
        wanted[use.kind] = max(wanted.get(use.kind, 0), ceil(use.peak / TARGET), ceil(use.capacity) + 1)
    now = {kind: max((use.capacity for use in pressure.uses if use.kind == kind), default=0) for kind in PARTITION}
    parts = len({use.part for use in pressure.uses})
    will = {kind: wanted.get(kind, now[kind]) for kind in PARTITION}
    provisioned = parts * capacity(will["read"], will["write"], prices)
    on_demand = _on_demand(pressure, prices)
    if on_demand < provisioned:
        why = (
            f"on demand, the load of these {pressure.hours:.0f} h costs ${on_demand:.2f} a month and needs "
            f"no capacity setting; enough provisioned capacity would cost ${provisioned:.2f}"
        )
        return remedy_by_deploy(environment, why, dynamodb_billing_mode="PAY_PER_REQUEST")
    variables: dict[str, object] = {f"dynamodb_{kind}_capacity": units for kind, units in wanted.items()}
    for kind, units in wanted.items():
        if (most := (pressure.most or {}).get(kind)) is not None and units >= most:
            variables[f"dynamodb_max_{kind}_capacity"] = 2 * units
    why = f"a capacity that keeps the peak below {TARGET:.0%}: ${provisioned:.2f} a month; on demand ${on_demand:.2f}"
    return remedy_by_deploy(environment, why, **variables)


def _hot_key(environment: str, worst: Use) -> Remedy:
    table = worst.part.split(" ")[0]
    return Remedy(
        "more capacity does not help a hot key: find the caller, then spread or limit its requests",
        f"aws dynamodb update-contributor-insights --table-name {table} --contributor-insights-action ENABLE",
    )


def _function(environment: str, pressure: Pressure, evidence: tuple[TroubleEvidence, ...]) -> TroubleAnswer:
    """Answer for requests that Lambda throttled: the tables are not the cause."""
    cap = "no concurrency is reserved" if pressure.reserved is None else f"{pressure.reserved} are reserved"
    requests = count_noun(pressure.turned_away, "request", ".0f")
    last = f", the last at {pressure.turned_away_at:%Y-%m-%d %H:%M} UTC" if pressure.turned_away_at else ""
    evidence = (
        *evidence,
        TroubleEvidence("function", f"{requests} throttled{last}; {cap} now", bad=True),
    )
    verdict = f"Lambda throttled {requests} in {pressure.hours:.0f} h{last}; {cap} now"
    if pressure.reserved is None:
        remedy = remedy_by_look(
            f"hybridctl doctor {environment}",
            "the account's quota is the limit, unless some was reserved then; doctor shows how to raise it",
        )
    elif pressure.reserved == 0:
        remedy = remedy_by_deploy(
            environment, "someone set it to 0, which stops the function; a deploy restores the value in the HCL"
        )
    elif pressure.room is not None and pressure.room <= pressure.reserved:
        why = f"the account has capacity for only {pressure.room}; doctor shows how to raise the quota"
        remedy = remedy_by_look(f"hybridctl doctor {environment}", why)
    else:
        more = 2 * pressure.reserved if pressure.room is None else min(2 * pressure.reserved, pressure.room)
        remedy = remedy_by_deploy(environment, "reserved concurrency is a limit", lambda_reserved_concurrency=more)
    return TroubleAnswer("throttling", environment, True, verdict, evidence, remedy)


def _compare_modes(pressure: Pressure) -> tuple[str, ...]:
    """Compare a small provisioned capacity with the measured load, if the tables are on demand."""
    if pressure.provisioned:
        return ()
    on_demand = "on demand handles twice the previous peak at once; a new table 12,000 reads or 4,000 writes per second"
    over = sum(minute / 60 > _FEW_UNITS for use in pressure.uses for minute in use.minutes)
    return (
        on_demand,
        (f"PROVISIONED with {_FEW_UNITS} units throttles earlier than on demand: this load exceeded it for {over} min"),
    )


def _on_demand(pressure: Pressure, prices: PriceList) -> float:
    month = 730 / pressure.hours
    reads = sum(use.total for use in pressure.uses if use.kind == "read") * month
    writes = sum(use.total for use in pressure.uses if use.kind == "write") * month
    return prices["dynamodb-reads"].of(reads) + prices["dynamodb-writes"].of(writes)


def _money(pressure: Pressure, prices: PriceList) -> tuple[str, ...]:
    bought = {kind: sum(use.capacity for use in pressure.uses if use.kind == kind) for kind in PARTITION}
    comparison = f"this load costs ${_on_demand(pressure, prices):.2f} a month on demand"
    if pressure.provisioned:
        comparison += (
            f", and ${capacity(bought['read'], bought['write'], prices):.2f} with the current provisioned capacity"
        )
    return (
        f"{comparison}; you can switch the mode while the tables serve: "
        "to on demand four times a day, back at any time",
    )
