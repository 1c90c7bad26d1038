"""View of Logs Insights results with their cost, and of the predefined queries."""

import re
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.counting import count_noun
from hybridctl.domain.logs.query import QueryAnswer
from hybridctl.domain.logs.questions import Questions
from hybridctl.views.render import as_json, render
from hybridctl.views.rows import Rows

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}) \d{2}:\d{2}:\d{2}\.\d{3}")
_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@render.register
def _(answer: QueryAnswer) -> RenderableType:
    if not answer.rows:
        return Group(Text(f"no results in {answer.group}"), _price(answer))
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", show_edge=False)
    for name in answer.columns:
        numeric = all(_is_number(row.get(name, "")) for row in answer.rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    days = {found[1] for row in answer.rows for value in row.values() if (found := _TIME.fullmatch(value))}
    day = days.pop() if len(days) == 1 else ""
    for row in answer.rows:
        table.add_row(*(Text(_cell(row.get(name, ""), day)) for name in answer.columns))
    return Group(*([Text(f"-- {day} UTC --", "dim")] if day else []), table, _price(answer))


@render.register
def _(questions: Questions) -> RenderableType:
    return Group(
        Rows([(Text(one.name, "bold"), one.about) for one in questions.known]),
        Text("→ hybridctl logs query NAME, or hybridctl logs query 'fields @message'"),
        Text("--json also shows the text of the queries, to write your own", "dim"),
    )


@as_json.register
def _(answer: QueryAnswer) -> Any:
    return {
        "group": answer.group,
        "query": answer.text,
        "window": as_json(answer.window),
        "columns": list(answer.columns),
        "rows": [dict(row) for row in answer.rows],
        "statistics": {
            "matched": answer.matched,
            "scanned": answer.scanned,
            "bytes_scanned": answer.bytes_scanned,
            "dollars": answer.dollars,
        },
    }


@as_json.register
def _(questions: Questions) -> Any:
    return {one.name: {"about": one.about, "query": one.text} for one in questions.known}


def _cell(value: str, day: str) -> str:
    """Shorten a value for people: an id to its first characters, a time without a date that all rows share."""
    if _ID.fullmatch(value):
        return value[:8]
    return value.removeprefix(f"{day} ") if day and _TIME.fullmatch(value) else value


def _price(answer: QueryAnswer) -> Text:
    dollars = f"${answer.dollars:.4f}" if answer.dollars >= 0.0001 else "less than $0.0001"
    return Text(
        f"{count_noun(len(answer.rows), 'row', ',')} from {answer.matched:,} of "
        f"{count_noun(answer.scanned, 'event', ',')}, {_size(answer.bytes_scanned)} scanned: {dollars}",
        "dim",
    )


def _size(count: int) -> str:
    return next((f"{count / size:.1f} {unit}" for size, unit in _UNITS if count >= size), f"{count} bytes")


def _is_number(text: str) -> bool:
    try:
        float(text or 0)
    except ValueError:
        return False
    return True
