"""Metric series: their CloudWatch metrics, how these are combined, and how a window is summarized."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique


@dataclass(frozen=True, slots=True)
class Query:
    """A CloudWatch query: one metric, its dimensions, and one statistic."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Sum"


@unique
class Unit(StrEnum):
    COUNT = "count"
    MILLISECONDS = "ms"
    SHARE = "share"  # of 1
    UNITS = "capacity units"
    UNITS_PER_SECOND = "capacity units/s"


@unique
class Combine(StrEnum):
    """How the values of a series' parts are combined for one period. Parts without a value are left out.

    `SHARE` is part 0 divided by part 1. `USED` is part 0 per second, divided by part 1. Both need a value of each part.
    """

    SUM = "sum"
    MAX = "max"
    SHARE = "share"
    USED = "used"


@unique
class Summary(StrEnum):
    """How a window is summarized: counts are added; for other series the highest period is used."""

    TOTAL = "total"
    PEAK = "peak"


@dataclass(frozen=True, slots=True)
class Series:
    """A series. Its `name` is the value of --plot. `bad` marks values that should be zero; `optional` series are hidden
    when empty.
    """

    group: str
    short: str
    unit: Unit
    parts: tuple[Query, ...]
    combine: Combine = Combine.SUM
    summary: Summary = Summary.TOTAL
    bad: bool = False
    optional: bool = False

    @property
    def name(self) -> str:
        return f"{self.group}.{self.short}"

    @property
    def is_counted(self) -> bool:
        """Whether a period without data counts as zero, so that the other periods still give a rate."""
        return self.summary is Summary.TOTAL and self.combine is Combine.SUM


def at_one_moment(combine: Combine, parts: Sequence[float | None], seconds: float) -> float | None:
    """Combine the parts' values of a period of `seconds`. Return None for no data, never zero."""
    known = [value for value in parts if value is not None]
    match combine:
        case Combine.SUM:
            return sum(known) if known else None
        case Combine.MAX:
            return max(known, default=None)
    if len(known) < 2 or known[1] == 0:
        return None
    return known[0] / known[1] / (1 if combine is Combine.SHARE else seconds)
