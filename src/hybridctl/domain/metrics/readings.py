"""Readings of a window: values by period, their summary, and their trend. No data is never shown as zero."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum, unique
from statistics import fmean, median

from hybridctl.domain.environment import Place
from hybridctl.domain.metrics.series import Query, Series, Summary, at_one_moment
from hybridctl.domain.metrics.span import Span
from hybridctl.errors import UsageInvalid

Values = tuple[float | None, ...]
Points = Mapping[Query, Mapping[datetime, float]]

STEADY = 0.1  # a smaller change counts as steady


@unique
class Direction(StrEnum):
    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class MetricChange:
    """A change between two levels. `share` is relative to the earlier level, None if that is zero."""

    direction: Direction
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One series over a span. `values` are by period, None without data.

    `latest` and `trend` cover only periods that no longer change; `values` and `summary` cover all periods.
    """

    series: Series
    values: Values
    summary: float | None
    latest: float | None
    trend: MetricChange | None

    @property
    def has_data(self) -> bool:
        return any(value is not None for value in self.values)


@dataclass(frozen=True, slots=True)
class MetricsReport:
    """All readings of one environment over a span."""

    place: Place
    span: Span
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A series before and after a release. Counts are per minute; other series use the median period."""

    series: Series
    before: float | None
    after: float | None
    change: MetricChange | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A release with the measurements before and after it. Measurements during the release are left out."""

    place: Place
    release: str
    version_before: int | None
    version_after: int | None
    started: datetime
    finished: datetime
    before: Span
    after: Span
    rows: tuple[Compared, ...]


def queries(series: Sequence[Series]) -> list[Query]:
    """Return the queries for these series, without duplicates."""
    return list(dict.fromkeys(part for one in series for part in one.parts))


def read_series(series: Series, points: Points, span: Span) -> Reading:
    """Build a series' reading from the points that CloudWatch returned."""
    values = values_of(series, points, span)
    settled = values[: span.count - span.filling]
    half = len(settled) // 2
    return Reading(
        series=series,
        values=values,
        summary=sum_up(series, points, span),
        latest=next((value for value in reversed(settled) if value is not None), None),
        trend=change(_typical(series, settled[:half]), _typical(series, settled[len(settled) - half :])),
    )


def values_of(series: Series, points: Points, span: Span) -> Values:
    parts = [points.get(part, {}) for part in series.parts]
    return tuple(
        at_one_moment(series.combine, [part.get(moment) for part in parts], span.seconds) for moment in span.moments
    )


def sum_up(series: Series, points: Points, span: Span) -> float | None:
    """Summarize the window: a total, a share of totals, or the highest period."""
    if series.summary is Summary.PEAK:
        return max((value for value in values_of(series, points, span) if value is not None), default=None)
    totals = [_total(points.get(part, {}), span) for part in series.parts]
    return at_one_moment(series.combine, totals, span.seconds)


def compare(series: Series, points: Points, before: Span, after: Span) -> Compared:
    """Compare a series before and after a release."""
    levels = [_level(series, points, span) for span in (before, after)]
    return Compared(series, levels[0], levels[1], change(levels[0], levels[1]))


def change(before: float | None, after: float | None) -> MetricChange | None:
    """Return the change between two levels, or None if one is unknown."""
    if before is None or after is None:
        return None
    if before == 0:
        return MetricChange(Direction.RISING if after > 0 else Direction.STEADY)
    share = (after - before) / before
    if abs(share) < STEADY:
        return MetricChange(Direction.STEADY, share)
    return MetricChange(Direction.RISING if share > 0 else Direction.FALLING, share)


def choose_series(series: Sequence[Series], names: Sequence[str]) -> list[Series]:
    """Return the named series in the given order. Raises UsageInvalid, which lists similar names."""
    by_name = {one.name: one for one in series}
    for name in names:
        if name not in by_name:
            ends = [known for known in by_name if known.endswith(f".{name}")]
            near = ends or get_close_matches(name, by_name, n=4, cutoff=0.4) or list(by_name)
            raise UsageInvalid(f"there is no series {name!r}", hint=f"series: {', '.join(near)}")
    return [by_name[name] for name in names]


def _level(series: Series, points: Points, span: Span) -> float | None:
    if series.summary is Summary.PEAK:
        known = [value for value in values_of(series, points, span) if value is not None]
        return median(known) if known else None
    total = sum_up(series, points, span)
    if total is None or not series.is_counted:
        return total
    return total / (span.count * span.seconds / 60)


def _typical(series: Series, values: Values) -> float | None:
    """Return a typical level. Counts are averaged over all periods, so that periods without traffic lower it; other
    series over periods with data.
    """
    known = [value for value in values if value is not None]
    if not known:
        return None
    return sum(known) / len(values) if series.is_counted else fmean(known)


def _total(part: Mapping[datetime, float], span: Span) -> float | None:
    known = [part[moment] for moment in span.moments if moment in part]
    return sum(known) if known else None
