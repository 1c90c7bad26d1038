"""List prices: what one unit of each thing costs, by the quantity of a month, and where and when that was read."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

from hybridctl.values import dataclass

HOURS = 730  # of a month, as AWS's own calculator counts


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a unit; `tiers` are pairs of a quantity a month and the price from there on, the first from 0.

    `service` and `usage` name the product in AWS's price list; empty where that does not have it.
    """

    name: str
    about: str
    unit: str
    tiers: tuple[tuple[float, float], ...]
    seen: date
    source: str
    free: float = 0.0
    free_first_year: float = 0.0
    service: str = ""
    usage: str = ""

    @property
    def first(self) -> float:
        return self.tiers[0][1]

    def of(self, quantity: float, *, free_tier: bool = False) -> float:
        """What so much costs in a month; `free_tier` takes off what each account has free for good."""
        billed = max(0.0, quantity - self.free) if free_tier else quantity
        edges = [*(start for start, _ in self.tiers), float("inf")]
        return sum(
            max(0.0, min(billed, end) - start) * each
            for (start, end), (_, each) in zip(pairwise(edges), self.tiers, strict=True)
        )


@dataclass(frozen=True, slots=True)
class PriceList:
    """All prices of one region, by name; `foreign` when they are another region's, for want of its own."""

    region: str
    prices: Mapping[str, Price]
    foreign: bool = False

    def __getitem__(self, name: str) -> Price:
        return self.prices[name]

    @property
    def dated(self) -> tuple[date, date]:
        """When the oldest and the newest of them were seen."""
        seen = [price.seen for price in self.prices.values()]
        return min(seen), max(seen)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One price that AWS tells otherwise than we had it."""

    name: str
    about: str
    unit: str
    before: tuple[tuple[float, float], ...]
    after: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What AWS's price list says: `missing` are those it does not have, kept as they were."""

    region: str
    file: str
    changes: tuple[PriceChange, ...]
    same: int
    missing: tuple[str, ...]


def changes(before: PriceList, after: PriceList) -> tuple[PriceChange, ...]:
    """The prices that differ; free quantities are no part of it."""
    return tuple(
        PriceChange(name, price.about, price.unit, before[name].tiers, price.tiers)
        for name, price in after.prices.items()
        if price.tiers != before[name].tiers
    )


def without_free_tier(tiers: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The tiers as we keep them: AWS lists what is free as a first tier that costs nothing."""
    paid = [(start, each) for start, each in sorted(tiers) if each > 0]
    return ((0.0, paid[0][1]), *paid[1:]) if paid else ()
