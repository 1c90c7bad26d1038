"""The percentile of hybridctl and its sandbox: nearest rank, so the result is a measured value.

Source: https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from math import ceil


def percentile(values: Iterable[float], rank: float) -> float | None:
    """Return the smallest value that at least `rank` percent of the values do not exceed; None without values.

    `rank` is from 0 to 100; 0 returns the smallest value. The values can be in any order.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    place = ceil(_fraction(rank) * len(ordered) / 100)
    return ordered[min(max(place, 1), len(ordered)) - 1]


@cache
def _fraction(rank: float) -> Fraction:
    """Return the rank as written: with floats, 7 / 100 * 100 is 7.000000000000001, which is one rank too high."""
    return Fraction(str(rank))
