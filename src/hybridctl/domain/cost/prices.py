"""List prices per unit, by monthly quantity, with the source and date of each price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

HOURS = 730  # of a month, as in AWS's calculator


@dataclass(frozen=True, slots=True)
class Price:
    """A price in US dollars per unit. `tiers` are pairs of a monthly quantity and the price from there on; the first
    starts at 0.

    `service` and `usage` identify the product in AWS's price list, "" if the list does not contain it.
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
        """Return the monthly cost of a quantity. `free_tier` subtracts each account's permanent free quantity."""
        billed = max(0.0, quantity - self.free) if free_tier else quantity
        edges = [*(start for start, _ in self.tiers), float("inf")]
        return sum(
            max(0.0, min(billed, end) - start) * each
            for (start, end), (_, each) in zip(pairwise(edges), self.tiers, strict=True)
        )


@dataclass(frozen=True, slots=True)
class PriceList:
    """All prices of one region, by name. `foreign` is true if they are another region's prices because this region has
    none.
    """

    region: str
    prices: Mapping[str, Price]
    foreign: bool = False

    def __getitem__(self, name: str) -> Price:
        return self.prices[name]

    @property
    def dated(self) -> tuple[date, date]:
        """The dates of the oldest and the newest price."""
        seen = [price.seen for price in self.prices.values()]
        return min(seen), max(seen)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price that differs between AWS's price list and ours."""

    name: str
    about: str
    unit: str
    before: tuple[tuple[float, float], ...]
    after: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The result of reading AWS's price list. `missing` prices are not in the list and stay as they were."""

    region: str
    file: str
    changes: tuple[PriceChange, ...]
    same: int
    missing: tuple[str, ...]


def changes(before: PriceList, after: PriceList) -> tuple[PriceChange, ...]:
    """Return the prices that differ. Free quantities are not compared."""
    return tuple(
        PriceChange(name, price.about, price.unit, before[name].tiers, price.tiers)
        for name, price in after.prices.items()
        if price.tiers != before[name].tiers
    )


def without_free_tier(tiers: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the tiers without the free tier, which AWS lists as a first tier with price 0."""
    paid = [(start, each) for start, each in sorted(tiers) if each > 0]
    return ((0.0, paid[0][1]), *paid[1:]) if paid else ()
