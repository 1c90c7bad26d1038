"""Figures of metrics with their units, and sparklines."""

from collections.abc import Sequence
from math import ceil

from hybridctl.domain.metrics.readings import Values
from hybridctl.domain.metrics.series import Unit

NO_DATA = "no data"
_BARS = "▁▂▃▄▅▆▇█"


def figure(value: float | None, unit: Unit) -> str:
    """Format a value with its unit in at most nine characters."""
    if value is None:
        return NO_DATA
    match unit:
        case Unit.MILLISECONDS:
            return f"{value / 1000:.2f} s" if value >= 999.5 else f"{value:.3g} ms"
        case Unit.SHARE:
            return f"{value:.0%}" if value in (0, 1) else f"{value:.1%}" if value >= 0.001 else f"{value:.2%}"
        case Unit.UNITS_PER_SECOND:
            return f"{value:,.5g}/s"
    if value >= 1e7:
        return f"{value / 1e6:,.4g} M"
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:.3g}"


def sparkline(values: Values, width: int) -> str:
    """Return a sparkline with one character for each value, or for the maximum of several.

    A character without data is blank. Zero is the lowest bar, and larger values are never shown as zero.
    """
    places = _fit(values, width)
    top = max((value for value in places if value is not None), default=0)
    return "".join(_bar(value, top) for value in places)


def _bar(value: float | None, top: float) -> str:
    if value is None:
        return " "
    return _BARS[ceil(value / top * (len(_BARS) - 1))] if top > 0 and value > 0 else _BARS[0]


def _fit(values: Values, width: int) -> Sequence[float | None]:
    if len(values) <= width:
        return values
    places: list[list[float]] = [[] for _ in range(width)]
    for number, value in enumerate(values):
        if value is not None:
            places[number * width // len(values)].append(value)
    return [max(place, default=None) for place in places]
