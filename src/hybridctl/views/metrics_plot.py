"""Draw metrics in the terminal with plotext; periods without data stay empty."""

from collections.abc import Iterator, Sequence

from hybridctl.domain.metrics.readings import MetricsReport, Values
from hybridctl.domain.metrics.series import Unit
from hybridctl.domain.metrics.span import Span
from hybridctl.durations import describe_duration
from hybridctl.errors import UsageInvalid
from hybridctl.views.figures import NO_DATA
from hybridctl.views.metrics import drop_unsettled

_MARKERS = ("•", "x", "+", "o", "#", "@")  # where there is no colour to tell lines apart
_COLOURS = ("cyan", "orange", "green", "magenta", "blue", "red")
_TICKS = 5
_EARLY = "nothing to draw yet, because its only data can still change"


def draw_plot(report: MetricsReport, width: int, height: int, *, painted: bool) -> str:
    """Return the chart as text of that size, and a line for each series without data; the second unit is on the right.

    Raises UsageInvalid for more than two units.
    """
    units = list(dict.fromkeys(reading.series.unit for reading in report.readings))
    if len(units) > 2:
        raise UsageInvalid(
            "--plot: at most two units fit on one chart, and these have three", hint="plot them separately"
        )
    empty = [reading for reading in report.readings if not any(runs(drop_unsettled(reading.values, report.span)))]
    below = [f"{one.series.name}: {_EARLY if one.has_data else NO_DATA}" for one in empty]
    if len(empty) == len(report.readings):
        return "\n".join(below)
    chart = _chart(report, units, width, height)
    text = str(chart if painted else _plain(chart))
    return "\n".join([*(line.rstrip() for line in text.splitlines()), *below])


def runs(values: Values) -> Iterator[tuple[list[int], list[float]]]:
    """Return the segments between gaps, as positions and values."""
    places: list[int] = []
    known: list[float] = []
    for place, value in enumerate(values):
        if value is not None:
            places.append(place)
            known.append(value)
        elif places:
            yield places, known
            places, known = [], []
    if places:
        yield places, known


def _chart(report: MetricsReport, units: Sequence[Unit], width: int, height: int) -> str:
    import plotext  # slow to import, and only this needs it

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)  # it would ask the process's own terminal
    plotext.plotsize(width, height)
    for number, reading in enumerate(report.readings):
        side = ("left", "right")[units.index(reading.series.unit)]
        marker, colour = _MARKERS[number % len(_MARKERS)], _COLOURS[number % len(_COLOURS)]
        one_line = len(report.readings) == 1
        for run, (places, known) in enumerate(runs(drop_unsettled(reading.values, report.span))):
            label = reading.series.name if run == 0 and not one_line else None
            alone = len(places) == 1  # one dot of braille is not seen
            draw = plotext.scatter if alone else plotext.plot
            shape = "braille" if one_line and not alone else marker
            draw(places, known, label=label, yside=side, color=colour, marker=shape)
    for number, unit in enumerate(units):
        plotext.ylabel(unit.value, yside=("left", "right")[number])
        tops = [value for one in report.readings if one.series.unit is unit for value in one.values if value]
        plotext.ylim(0, max(tops, default=1), yside=("left", "right")[number])
    plotext.xlim(0, max(1, report.span.count - 1))
    plotext.xticks(*_ticks(report.span))
    names = ", ".join(reading.series.name for reading in report.readings)
    plotext.title(f"{names}, by {describe_duration(report.span.seconds, exact=True)}")
    return str(plotext.build())


def _plain(chart: str) -> str:
    import plotext

    return str(plotext.uncolorize(chart))


def _ticks(span: Span) -> tuple[list[int], list[str]]:
    last = max(1, span.count - 1)
    places = sorted({round(last * number / (_TICKS - 1)) for number in range(_TICKS)})
    written = "%H:%M" if span.count * span.seconds <= 86_400 else "%m-%d %H:%M"
    moments = span.moments
    return places, [f"{moments[min(place, span.count - 1)]:{written}}" for place in places]
