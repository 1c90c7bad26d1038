"""What the old deployment guide said of costs, and what the list prices say."""

from collections.abc import Sequence
from dataclasses import dataclass

from hybridctl.domain.cost.bill import Estimate, bill, capacity
from hybridctl.domain.cost.prices import HOURS, PriceList


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the guide, and the list prices' answer to it."""

    claim: str
    found: str


@dataclass(frozen=True, slots=True)
class Checked:
    """All claims, each with its answer."""

    claims: tuple[Claim, ...]


def check_guide(staging: Estimate, production: Estimate, prices: PriceList) -> Checked:
    """The guide's cost section, claim by claim."""
    read, write = prices["dynamodb-read-capacity"].first, prices["dynamodb-write-capacity"].first
    literal = 20 * (0.925 + 4.625) * HOURS
    parts = len(production.shape.parts)
    one = capacity(20, 20, prices)
    return Checked(
        (
            Claim(
                "Lambda $0.20 per 1M requests", f"${_per_million(prices, 'lambda-requests-arm64')}, and the duration"
            ),
            Claim("DynamoDB $1.25 per 1M read units", f"${_per_million(prices, 'dynamodb-reads')}: a tenth"),
            Claim("DynamoDB $6.25 per 1M write units", f"${_per_million(prices, 'dynamodb-writes')}: a tenth"),
            Claim("$0.925 per read unit and hour", f"${read:.5f}: {0.925 / read:,.0f} times less"),
            Claim("$4.625 per write unit and hour", f"${write:.5f}: {4.625 / write:,.0f} times less"),
            Claim(
                "20 RCU + 20 WCU: about $150 a month",
                f"${one:.2f} for each table or index, ${one * parts:.2f} for all {parts}; "
                f"at the guide's own unit prices it would be ${literal:,.0f}",
            ),
            Claim("reserved concurrency costs", "nothing: it is a cap; provisioned concurrency is what costs"),
            Claim("$0.09 per GB out", f"${prices['transfer-out'].first:.2f}, after 100 GB free a month"),
            Claim("staging $10-30 a month", _reached(staging, (10, 30), prices)),
            Claim("production $200-500 a month", _reached(production, (200, 500), prices)),
        )
    )


def _per_million(prices: PriceList, name: str) -> str:
    return f"{prices[name].first * 1e6:.3f}".removesuffix("0")


def _reached(month: Estimate, dollars: Sequence[float], prices: PriceList) -> str:
    """At which load a month costs that much."""
    millions = [month.load.requests / 1e6 * _factor(month, target, prices) for target in dollars]
    return (
        f"${month.total:.2f} at {month.load.requests / 1e6:g} million requests, ${month.fixed:.2f} of it fixed; "
        f"${dollars[0]:g} is reached at {millions[0]:.0f} and ${dollars[1]:g} at {millions[1]:.0f} million"
    )


def _factor(month: Estimate, dollars: float, prices: PriceList) -> float:
    """How many times the load a month costs that much, by halving: capacity is bought in steps."""
    low, high = 0.0, 1e6
    for _ in range(60):
        middle = (low + high) / 2
        total = sum(line.dollars for line in bill(month.shape, month.load.times(middle), prices))
        low, high = (middle, high) if total < dollars else (low, middle)
    return high
