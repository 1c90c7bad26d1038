"""Key figures of the last hour, from the same series that `metrics` shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from hybridctl.domain.metrics.catalogue import Subjects, catalogue
from hybridctl.domain.metrics.readings import Reading
from hybridctl.domain.metrics.series import Series

_CALLS = ("api.requests", "api.5xx", "api.error-rate", "api.p95", "function.throttles")
_DIRECT_CALLS = ("function.requests", "function.errors", "function.error-rate", "function.p95", "function.throttles")
_USE = ("read-use", "write-use")
_TABLE_THROTTLES = ("read-throttles", "write-throttles")


@dataclass(frozen=True, slots=True)
class CapacityUse:
    """The busiest minute of a table or index, as a share of its provisioned capacity."""

    part: str
    kind: str
    share: float


@dataclass(frozen=True, slots=True)
class LastHour:
    """Key figures. None means no data, which is not zero. Latencies are in ms: the last minute with requests, and the
    worst minute.

    `capacity` is empty if tables are on demand or were not used. The highest share comes first.
    """

    requests: float | None
    errors: float | None
    error_rate: float | None
    p95: float | None
    p95_worst: float | None
    function_throttles: float | None
    table_throttles: float | None
    capacity: tuple[CapacityUse, ...]


def series_of(subjects: Subjects) -> list[Series]:
    """Return the series for the key figures of the last hour."""
    calls = _DIRECT_CALLS if subjects.api_id is None else _CALLS
    return [
        one for one in catalogue(subjects) if one.name in calls or one.short in _USE or one.short in _TABLE_THROTTLES
    ]


def last_hour(readings: Sequence[Reading]) -> LastHour:
    """Build the key figures from readings of `series_of`, with periods of one minute."""
    by_name = {one.series.name: one for one in readings}
    calls = _CALLS if _CALLS[0] in by_name else _DIRECT_CALLS
    requests, errors, rate, p95, throttles = (by_name[name] for name in calls)
    of_tables = [one.summary for one in readings if one.series.short in _TABLE_THROTTLES and one.summary is not None]
    capacity = [
        CapacityUse(one.series.group.removeprefix("table-"), one.series.short.removesuffix("-use"), one.summary)
        for one in readings
        if one.series.short in _USE and one.summary is not None
    ]
    return LastHour(
        requests=requests.summary,
        errors=errors.summary,
        error_rate=rate.summary,
        p95=p95.latest,
        p95_worst=p95.summary,
        function_throttles=throttles.summary,
        table_throttles=sum(of_tables) if of_tables else None,
        capacity=tuple(sorted(capacity, key=lambda one: (-one.share, one.part, one.kind))),
    )
