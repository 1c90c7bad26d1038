"""A Logs Insights query: a sequence of commands over rows of fields."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hybridctl.sandbox.cloud.insights.aggregates import aggregate
from hybridctl.sandbox.cloud.insights.expressions import Evaluate, expression
from hybridctl.sandbox.cloud.insights.reader import MalformedQuery, QueryReader, Token, regex_of, text_of, tokens
from hybridctl.sandbox.cloud.insights.values import Value, rank, show

Rows = list[dict[str, Any]]
Step = Callable[[Rows], Rows]
DEFAULT_FIELDS = ("@timestamp", "@message")


@dataclass(slots=True)
class InsightsQuery:
    """A parsed query; `columns` are those of its result, `matched` is how many rows its filters left."""

    steps: list[Step] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    limit: int | None = None
    matched: int = 0
    is_counted: bool = False

    def answer(self, rows: Rows) -> list[list[dict[str, str]]]:
        """Return the rows of the result; a field that an event lacks is left out of its row."""
        self.matched = len(rows)
        for step in self.steps:
            rows = step(rows)
        columns = self.columns or DEFAULT_FIELDS
        return [
            [{"field": name, "value": show(row[name])} for name in columns if row.get(name) is not None] for row in rows
        ]


def read(text: str) -> InsightsQuery:
    """Parse a query. Raises Malformed for invalid or unsupported parts."""
    query = InsightsQuery()
    parts = _part(tokens(text))
    if not parts:
        raise MalformedQuery("the query is empty")
    for part in parts:
        reader = QueryReader(text, part)
        command = reader.take().text.lower()
        make = _COMMANDS.get(command)
        if make is None:
            raise MalformedQuery(f"the sandbox does not know the command {command!r}: it has {', '.join(_COMMANDS)}")
        make(query, reader)
        reader.is_done()
    return query


def _part(found: Sequence[Token]) -> list[list[Token]]:
    """Return the tokens of each command."""
    parts: list[list[Token]] = [[]]
    for token in found:
        if token.text == "|" and token.kind == "sign":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _fields(query: InsightsQuery, reader: QueryReader) -> None:
    """`fields` computes and adds columns, `display` only chooses them: on the sandbox they are one."""
    for name, evaluate in reader.read_list(_read_named):
        if name not in query.columns:
            query.columns.append(name)
        query.steps.append(_compute(name, evaluate))


def _filter(query: InsightsQuery, reader: QueryReader) -> None:
    keeps = expression(reader)

    def step(rows: Rows) -> Rows:
        found = [row for row in rows if keeps(row)]
        query.matched = len(found)
        return found

    query.steps.append(step)


def _sort(query: InsightsQuery, reader: QueryReader) -> None:
    keys = reader.read_list(lambda reader: (_column(query, reader), reader.takes("asc", "desc") == "desc"))

    def step(rows: Rows) -> Rows:
        for evaluate, downwards in reversed(keys):
            known = [row for row in rows if evaluate(row) is not None]
            missing = [row for row in rows if evaluate(row) is None]
            rows = sorted(known, key=lambda row: rank(evaluate(row)), reverse=downwards) + missing
        return rows

    query.steps.append(step)


def _column(query: InsightsQuery, reader: QueryReader) -> Evaluate:
    """Parse the sort key; a column of `stats` may be written as its expression, such as bin(5m)."""
    began = reader.at
    evaluate = expression(reader)
    written = reader.text_since(began)
    return (lambda row: row.get(written)) if written in query.columns else evaluate


def _limit(query: InsightsQuery, reader: QueryReader) -> None:
    token = reader.take()
    if token.kind != "number" or not token.text.isdecimal():
        raise MalformedQuery(f"limit takes a whole number, not {token.text!r}")
    size = int(token.text)
    query.steps.append(lambda rows: rows[:size])
    query.limit = size


def _parse(query: InsightsQuery, reader: QueryReader) -> None:
    source = reader.take()
    if source.kind not in ("name", "quoted"):
        raise MalformedQuery(f"parse takes a field first, not {source.text!r}")
    pattern = reader.take()
    if pattern.kind == "regex":
        searched = regex_of(pattern)
        names = list(searched.groupindex)
    elif pattern.kind == "string":
        searched = re.compile("(.*?)".join(map(re.escape, text_of(pattern).split("*"))) + "$", re.DOTALL)
        reader.must("as")
        names = reader.read_list(lambda reader: reader.take().text)
    else:
        raise MalformedQuery(f"parse takes a pattern after the field, not {pattern.text!r}")
    if searched.groups != len(names):
        raise MalformedQuery(f"parse finds {searched.groups} parts and names {len(names)}")
    name = source.text.strip("`")

    def step(rows: Rows) -> Rows:
        return [row | _parts_of(searched, names, row.get(name)) for row in rows]

    query.steps.append(step)


def _parts_of(searched: "re.Pattern[str]", names: Sequence[str], value: Value) -> dict[str, Any]:
    found = searched.search(show(value))
    return dict(zip(names, found.groups(), strict=True)) if found else {}


def _stats(query: InsightsQuery, reader: QueryReader) -> None:
    if query.is_counted:
        raise MalformedQuery("the sandbox knows one stats a query")
    query.is_counted = True
    sums = reader.read_list(aggregate)
    groups = reader.read_list(_read_named) if reader.takes("by") else []
    query.columns = [*(name for name, _ in groups), *(name for name, _ in sums)]

    def step(rows: Rows) -> Rows:
        members: dict[tuple[str, ...], Rows] = {} if groups else {(): rows}
        for row in rows if groups else ():
            members.setdefault(tuple(show(evaluate(row)) for _, evaluate in groups), []).append(row)
        return [
            {name: evaluate(of[0]) for name, evaluate in groups} | {name: total(of) for name, total in sums}
            for of in members.values()
        ]

    query.steps.append(step)


def _read_named(reader: QueryReader) -> tuple[str, Evaluate]:
    """Parse `b + 1 as c`: the expression with its name, which is its text if none is given."""
    began = reader.at
    evaluate = expression(reader)
    return reader.label(reader.text_since(began).strip("`")), evaluate


def _compute(name: str, evaluate: Evaluate) -> Step:
    return lambda rows: [row | {name: evaluate(row)} for row in rows]


_COMMANDS: dict[str, Callable[[InsightsQuery, QueryReader], None]] = {
    "fields": _fields,
    "display": _fields,
    "filter": _filter,
    "parse": _parse,
    "stats": _stats,
    "sort": _sort,
    "limit": _limit,
}
