"""Output of metrics: as a table, a chart, CSV or JSON, once or repeatedly."""

import csv
import io
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from hybridctl.domain.metrics.readings import Comparison, MetricsReport
from hybridctl.errors import UsageInvalid
from hybridctl.views.live_view import LiveView
from hybridctl.views.metrics_plot import draw_plot
from hybridctl.views.render import render
from hybridctl.views.screen import Output, Screen

_HEIGHT = 20


class MetricsOutput(LiveView):
    """Shows a table or a chart, or prints JSON."""

    def __init__(self, screen: Screen, *, plot: bool) -> None:
        super().__init__(screen)
        self._plot = plot

    def _renderable(self, result: MetricsReport | Comparison) -> RenderableType:
        if not self._plot or not isinstance(result, MetricsReport):
            return render(result)
        out = self._screen.out
        return Text.from_ansi(draw_plot(result, out.console.width, _HEIGHT, painted=out.is_painted))


class CsvOutput(MetricsOutput):
    """Prints one row for each period and one column for each series; an empty field means no data."""

    def __call__(self, result: MetricsReport | Comparison) -> None:
        table = io.StringIO()
        csv.writer(table, lineterminator="\n").writerows(_rows(result))
        self._screen.plain(table.getvalue().removesuffix("\n"))


def _rows(result: MetricsReport | Comparison) -> Iterator[list[str]]:
    if isinstance(result, Comparison):
        yield ["series", "unit", "before", "after"]
        for row in result.rows:
            yield [row.series.name, row.series.unit.value, _cell(row.before), _cell(row.after)]
        return
    yield ["time", *(reading.series.name for reading in result.readings)]
    for number, moment in enumerate(result.span.moments):
        values = (reading.values[number] for reading in result.readings)
        yield [f"{moment:%Y-%m-%dT%H:%M:%SZ}", *map(_cell, values)]


def choose_form(screen: Screen, *, plot: bool, csv: bool, again: bool) -> MetricsOutput:
    """Return the requested output. Raises UsageInvalid for two at once."""
    if not csv:
        return MetricsOutput(screen, plot=plot)
    if screen.output is Output.JSON or again:
        other = "--watch" if again else "--output json"
        raise UsageInvalid(f"--csv cannot be combined with {other}", hint="use one of them")
    return CsvOutput(screen, plot=False)


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else repr(round(value, 6))
