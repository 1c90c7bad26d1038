"""Views of metrics: a table with sparklines, a comparison, and both for programs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from rich.align import AlignMethod
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from hybridctl.domain.counting import count_noun
from hybridctl.domain.metrics.readings import (
    Compared,
    Comparison,
    Direction,
    MetricChange,
    MetricsReport,
    Reading,
    Values,
)
from hybridctl.domain.metrics.series import Series
from hybridctl.domain.metrics.span import Span
from hybridctl.durations import describe_duration
from hybridctl.views.figures import NO_DATA, figure, sparkline
from hybridctl.views.render import as_json, render

_ARROWS = {Direction.RISING: "↗", Direction.FALLING: "↘", Direction.STEADY: "→"}
_COLUMNS: Sequence[tuple[int, AlignMethod]] = ((17, "left"), (10, "right"), (9, "right"), (9, "left"), (0, "left"))
_FIXED = sum(width + 2 for width, _ in _COLUMNS[:-1])
_BLANK = Text()

T = TypeVar("T", Reading, Compared)


class _Readings:
    """Return the table, as wide as the terminal; a sparkline has at most one character for each period."""

    def __init__(self, report: MetricsReport) -> None:
        self._report = report

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        span = self._report.span
        room = max(8, min(span.count, options.max_width - _FIXED))
        yield _heading("total/peak", "latest", "trend", _between(span))
        readings = self._report.readings
        yield from _sections(readings, lambda one: one.has_data, lambda one: _row(one, room, span))


def _heading(*names: str) -> Text:
    return _line((_BLANK, *(Text(name, "bold") for name in names)))


def _sections(rows: Sequence[T], has_data: Callable[[T], bool], cells: Callable[[T], Iterable[Text]]) -> Iterator[Text]:
    """Return the rows under the names of their groups, without optional ones that have no data."""
    for group, members in groupby(rows, lambda one: one.series.group):
        of_group = list(members)
        empty = not any(map(has_data, of_group))
        yield _group(group, empty=empty)
        if not empty:
            yield from (_line(cells(one)) for one in of_group if has_data(one) or not one.series.optional)


@render.register
def _(report: MetricsReport) -> RenderableType:
    periods = count_noun(report.span.count, "period")
    return Group(
        Text(f"{_day(report.span)}, {periods} of {describe_duration(report.span.seconds, exact=True)}"),
        *_filling(report.span),
        _Readings(report),
    )


@render.register
def _(comparison: Comparison) -> RenderableType:
    before, after = comparison.version_before, comparison.version_after
    versions = f", version {before or 'none'} → {after}" if after is not None else ""
    title = Text(f"release {comparison.release}{versions}")
    windows = Text(
        f"{_day(comparison.before)} against {_day(comparison.after)}; counters per minute, otherwise the median period",
        style="dim",
    )
    rows = _sections(comparison.rows, lambda one: (one.before, one.after) != (None, None), _compare)
    return Group(title, windows, _heading("before", "after", "change"), *rows)


@as_json.register
def _(report: MetricsReport) -> Any:
    return {
        "environment": report.place.environment,
        "account": report.place.account,
        "region": report.place.region,
        **_span_json(report.span),
        "filling_periods": report.span.filling,
        "times": [moment.isoformat() for moment in report.span.moments],
        "series": [
            {
                **_series_json(reading.series),
                "summary_of": reading.series.summary.value,
                "summary": reading.summary,
                "latest": reading.latest,
                "trend": as_json(reading.trend),
                "values": list(reading.values),
            }
            for reading in report.readings
        ],
    }


@as_json.register
def _(comparison: Comparison) -> Any:
    return {
        "environment": comparison.place.environment,
        "account": comparison.place.account,
        "region": comparison.place.region,
        "release": comparison.release,
        "version_before": comparison.version_before,
        "version_after": comparison.version_after,
        "started": comparison.started.isoformat(),
        "finished": comparison.finished.isoformat(),
        "before": _span_json(comparison.before),
        "after": _span_json(comparison.after),
        "series": [
            {
                **_series_json(row.series),
                "level": "per minute" if row.series.is_counted else "share" if row.series.bad else "median",
                "before": row.before,
                "after": row.after,
                "change": as_json(row.change),
            }
            for row in comparison.rows
        ],
    }


def drop_unsettled(values: Values, span: Span) -> Values:
    """Return the values of periods that can no longer change."""
    return values[: span.count - span.filling]


def _filling(span: Span) -> list[Text]:
    if not span.filling:
        return []
    which = "period" if span.filling == 1 else f"{span.filling} periods"
    return [Text(f"the last {which} can still change: not used for latest, trend and line", "dim")]


def _line(cells: Iterable[Text]) -> Text:
    """Join cells at fixed positions: rich's tables shrink all columns equally on a narrow terminal."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for cell, (width, align) in zip(cells, _COLUMNS, strict=False):
        padded = cell.copy()
        if width:
            padded.align(align, width)
        line.append_text(padded).append("  ")
    line.rstrip()
    return line


def _group(name: str, *, empty: bool) -> Text:
    line = Text(name, style="", no_wrap=True, overflow="ellipsis")
    line.stylize("bold")
    return line.append(f"  {NO_DATA}", "not bold dim") if empty else line


def _row(reading: Reading, room: int, span: Span) -> Iterable[Text]:
    series = reading.series
    alarming = series.bad and bool(reading.summary)
    yield Text(f"  {series.short}")
    yield _figure(reading.summary, series, "bold red" if alarming else "")
    yield _figure(reading.latest, series, "")
    yield Text(_trend(reading.trend))
    yield Text(sparkline(drop_unsettled(reading.values, span), room), style="red" if alarming else "cyan")


def _compare(row: Compared) -> Iterable[Text]:
    worse = row.series.bad and row.change is not None and row.change.direction is Direction.RISING
    yield Text(f"  {row.series.short}")
    yield _figure(row.before, row.series, "")
    yield _figure(row.after, row.series, "bold red" if worse else "")
    yield Text(_trend(row.change))


def _figure(value: float | None, series: Series, style: str) -> Text:
    return Text(figure(value, series.unit), style="dim" if value is None else style)


def _trend(change: MetricChange | None) -> str:
    if change is None:
        return ""
    arrow = _ARROWS[change.direction]
    if change.direction is Direction.STEADY:
        return arrow
    if change.share is None:
        return f"{arrow} from 0"
    return f"{arrow} {change.share + 1:.0f}-fold" if change.share >= 9 else f"{arrow} {change.share:+.0%}"


def _between(span: Span) -> str:
    return f"{_clock(span.start, span)} → {_clock(span.end, span)}"


def _day(span: Span) -> str:
    start, end = span.start, span.end
    same_day = start.date() == end.date()
    return f"{start:%Y-%m-%d %H:%M} to {end:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC"


def _clock(moment: datetime, span: Span) -> str:
    return f"{moment:{'%H:%M' if span.count * span.seconds <= 86_400 else '%m-%d %H:%M'}}"


def _series_json(series: Series) -> dict[str, str]:
    return {"name": series.name, "unit": series.unit.value, "statistic": series.parts[0].statistic}


def _span_json(span: Span) -> dict[str, object]:
    return {"start": span.start.isoformat(), "end": span.end.isoformat(), "period_seconds": span.seconds}
