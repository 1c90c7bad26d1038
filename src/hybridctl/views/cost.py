"""Views of a month's bill, of two bills side by side, and of refreshed prices."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.cost.bill import BillLine, Estimate, Modes
from hybridctl.domain.cost.prices import PriceChange, Refreshed
from hybridctl.domain.counting import count_noun
from hybridctl.operations.cost import ComparedCosts
from hybridctl.views.money import dollars, more
from hybridctl.views.render import as_json, render
from hybridctl.views.tables import plain_table

_SHOWN = 4  # of what moves the bill
_LEAST = 0.001  # of a unit: a smaller amount is said to be less


@render.register
def _(month: Estimate) -> RenderableType:
    return Group(
        _head(month),
        _bill({month.environment: month}),
        _modes(month.modes),
        Text(f"if doubled: {', '.join(f'{one.what} {more(one.dollars)}' for one in month.doubled[:_SHOWN])}"),
        *_notes(month),
    )


@render.register
def _(both: ComparedCosts) -> RenderableType:
    first, second = both.first, both.second
    return Group(
        _head(first), _bill({first.environment: first, second.environment: second}), *_notes(first), *_notes(second)
    )


@render.register
def _(refreshed: Refreshed) -> RenderableType:
    lines = [
        Text(
            f"{refreshed.region}: {count_noun(len(refreshed.changes), 'price')} changed, {refreshed.same} unchanged",
            style="bold",
        )
    ]
    lines += [Text(f"  {change.about}: {_tiers(change)} per {change.unit}") for change in refreshed.changes]
    if refreshed.missing:
        lines.append(Text(f"unchanged, because AWS's list has no single price: {', '.join(refreshed.missing)}"))
    lines.append(Text(f"written to {refreshed.file}"))
    return Group(*lines)


@as_json.register
def _(month: Estimate) -> Any:
    return {
        "environment": month.environment,
        "load_source": month.source,
        "region": month.region,
        "prices_seen": [day.isoformat() for day in month.dated],
        "free_tier": month.free_tier,
        "total": round(month.total, 4),
        "fixed": round(month.fixed, 4),
        "per_million_requests": None if month.per_million is None else round(month.per_million, 4),
        "shape": as_json(month.shape),
        "load": as_json(month.load),
        "lines": [as_json(line) for line in month.lines],
        "modes": as_json(month.modes),
        "doubled": [as_json(one) for one in month.doubled],
        "notes": list(month.notes),
    }


def _head(month: Estimate) -> Text:
    oldest, newest = month.dated
    line = Text(f"{_requests(month.load.requests)} per month ({month.source})", style="bold")
    line.append(f"\nlist prices of {month.region}, seen {oldest:%Y-%m} to {newest:%Y-%m}", style="not bold dim")
    if month.free_tier:
        line.append(", less the free tier", style="not bold dim")
    return line


def _requests(number: float) -> str:
    return f"{number / 1e6:.3g} million requests" if number >= 1e6 else count_noun(number, "request", ",.0f")


def _bill(months: Mapping[str, Estimate]) -> Table:
    """Return one row for each line of any bill, and one column for each bill."""
    table = plain_table("")
    table.add_column("")  # folded in a narrow terminal, where the amounts stay whole
    if len(months) == 1:
        table.add_column("", justify="right", no_wrap=True)
    for name in months:
        table.add_column(name, justify="right", no_wrap=True)
    keys = dict.fromkeys((line.service, line.about) for month in months.values() for line in month.lines)
    by_key = [{(line.service, line.about): line for line in month.lines} for month in months.values()]
    order = list(dict.fromkeys(service for service, _ in keys))
    shown = ""
    for service, about in sorted(keys, key=lambda key: order.index(key[0])):
        lines = [found.get((service, about)) for found in by_key]
        quantity = [_quantity(lines[0])] if len(months) == 1 else []
        amounts = [dollars(line.dollars) if line else "" for line in lines]
        table.add_row("" if service == shown else service, about, *quantity, *amounts)
        shown = service
    blank = [""] if len(months) == 1 else []
    table.add_row("total", "", *blank, *(dollars(month.total) for month in months.values()), style="bold")
    table.add_row("", "fixed", *blank, *(dollars(month.fixed) for month in months.values()), style="dim")
    each = [month.per_million for month in months.values()]
    table.add_row(
        "", "per million requests", *blank, *("" if one is None else dollars(one) for one in each), style="dim"
    )
    return table


def _quantity(line: BillLine | None) -> str:
    if line is None:
        return ""
    amount = line.quantity
    unit = line.unit if amount == 1 or line.unit.startswith("GB") else f"{line.unit}s"
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if amount >= factor:
            return f"{amount / factor:.3g}{letter} {unit}"
    return f"<{_LEAST:g} {unit}" if 0 < amount < _LEAST else f"{amount:.3g} {unit}"


def _modes(modes: Modes) -> Text:
    return Text(
        f"DynamoDB on demand {dollars(modes.on_demand)}, provisioned "
        f"{dollars(modes.provisioned)} with {modes.read_used:.1%} of reads and "
        f"{modes.write_used:.1%} of writes used; provisioned is cheaper above "
        f"{modes.write_even:.1%} steady use"
    )


def _notes(month: Estimate) -> list[Text]:
    return [Text(f"note: {note}", style="yellow") for note in month.notes]


def _tiers(change: PriceChange) -> str:
    def show_tiers(tiers: tuple[tuple[float, float], ...]) -> str:
        return ", ".join(
            f"${each:.10f}".rstrip("0") + (f" from {start:,.0f}" if start else "") for start, each in tiers
        )

    return f"{show_tiers(change.before)} → {show_tiers(change.after)}"
