"""The one percentile of hybridctl and its sandbox: by nearest rank, so the answer is a value that was measured.

Source: https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache


def percentile(values: Iterable[float], rank: float) -> float | None:
    """The smallest value that at least `rank` percent of the values do not exceed; None of nothing.

    `rank` is from 0 to 100; 0 gives the smallest value. The values may come in any order.
    """
    return percentile_of_ascending(sorted(values), rank)


def percentile_of_ascending(values: Sequence[float], rank: float) -> float | None:
    """The same of values that are in order, whatever their number in the same time."""
    if not values:
        return None
    part, whole = _fraction(rank)
    place = -(-part * len(values) // whole)  # rounded up
    return values[min(max(place, 1), len(values)) - 1]


@cache
def _fraction(rank: float) -> tuple[int, int]:
    """The rank as it is written: as floats, 7 / 100 * 100 is 7.000000000000001, which is one rank too high."""
    return (Fraction(str(rank)) / 100).as_integer_ratio()
