"""What a series is: where CloudWatch keeps it, how its parts are combined, and how a window of it is summed up."""

from collections.abc import Sequence
from enum import StrEnum, unique

from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """One metric under one set of dimensions, in one statistic: what CloudWatch is asked for."""

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
    """How the parts' values of one moment become the series' value; a part without a value is left out.

    `SHARE` is part 0 of part 1. `USED` is part 0 per second, of part 1. Both have no value without both parts.
    """

    SUM = "sum"
    MAX = "max"
    SHARE = "share"
    USED = "used"


@unique
class Summary(StrEnum):
    """What stands for a whole window: counts are added up, of everything else the highest period counts."""

    TOTAL = "total"
    PEAK = "peak"


@dataclass(frozen=True, slots=True)
class Series:
    """One row; its `name` is typed after --plot. `bad` marks what should be zero, `optional` is hidden when empty."""

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
        """Whether a period without a point adds nothing, so that the rest still makes a rate."""
        return self.summary is Summary.TOTAL and self.combine is Combine.SUM


def at_one_moment(combine: Combine, parts: Sequence[float | None], seconds: float) -> float | None:
    """The series' value from its parts' values in a period of `seconds`; None is no data, and never zero."""
    known = [value for value in parts if value is not None]
    match combine:
        case Combine.SUM:
            return sum(known) if known else None
        case Combine.MAX:
            return max(known, default=None)
    if len(known) < 2 or known[1] == 0:
        return None
    return known[0] / known[1] / (1 if combine is Combine.SHARE else seconds)
