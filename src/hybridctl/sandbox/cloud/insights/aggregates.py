"""The aggregate functions of Logs Insights' `stats`."""

from collections.abc import Callable, Sequence
from typing import Any

from hybridctl.percentiles import percentile
from hybridctl.sandbox.cloud.insights.expressions import Evaluate, Row, expression
from hybridctl.sandbox.cloud.insights.reader import MalformedQuery, QueryReader
from hybridctl.sandbox.cloud.insights.values import Value, number, rank, show


def aggregate(reader: QueryReader) -> tuple[str, Callable[[Sequence[Row]], Value]]:
    """One aggregate of `stats`: its name, and how it is computed from the rows of a group."""
    began = reader.at
    token = reader.take()
    name = token.text.lower()
    if token.kind != "name" or name not in (*_TOTALS, "pct", "median"):
        raise MalformedQuery(
            f"the sandbox does not know the function {token.text} of stats: it has {', '.join(_TOTALS)}, pct"
        )
    reader.must("(")
    of: Evaluate
    if name == "count" and (reader.takes("*") or (reader.rest is not None and reader.rest.text == ")")):
        of = _always
    else:
        of = expression(reader)
    percent = 50.0
    if name == "pct":
        reader.must(",")
        percent = float(reader.take().text)
    reader.must(")")
    written = reader.text_since(began)
    label = reader.label(written)
    if name in ("pct", "median"):
        return label, lambda rows: percentile(_numbers(of, rows), percent)
    total = _TOTALS[name]
    return label, lambda rows: total([value for row in rows if (value := of(row)) is not None])


def _always(row: Row) -> Value:
    return 1


def _numbers(of: Evaluate, rows: Sequence[Row]) -> list[float]:
    return [value for row in rows if (value := number(of(row))) is not None]


_TOTALS: dict[str, Callable[[list[Any]], Value]] = {
    "count": len,
    "count_distinct": lambda values: len({show(value) for value in values}),
    "sum": lambda values: sum(_drop_unknown(values)) if _drop_unknown(values) else None,
    "avg": lambda values: sum(_drop_unknown(values)) / len(_drop_unknown(values)) if _drop_unknown(values) else None,
    "min": lambda values: min(values, key=rank, default=None),
    "max": lambda values: max(values, key=rank, default=None),
}


def _drop_unknown(values: Sequence[Value]) -> list[float]:
    return [found for value in values if (found := number(value)) is not None]
