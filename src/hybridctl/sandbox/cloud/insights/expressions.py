"""Expressions of Logs Insights: parsed once, then evaluated for each event."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hybridctl.durations import parse_duration
from hybridctl.sandbox.cloud.insights.reader import MalformedQuery, QueryReader, Token, regex_of, text_of
from hybridctl.sandbox.cloud.insights.values import Value, calculate, moment, number, order, show

Row = Mapping[str, Any]
Evaluate = Callable[[Row], Value]
Read = Callable[[QueryReader], Evaluate]
Combine = Callable[[Evaluate, str, Evaluate], Evaluate]
_COMPARISONS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def expression(reader: QueryReader) -> Evaluate:
    """Parse by precedence, lowest first: or, and, not, comparisons, sums, products."""
    return _join(reader, _conjunction, ("or",), _either)


def _join(reader: QueryReader, read: Read, signs: Sequence[str], combine: Combine) -> Evaluate:
    """Parse the operands between signs that bind alike, from left to right."""
    left = read(reader)
    while sign := reader.takes(*signs):
        left = combine(left, sign, read(reader))
    return left


def _conjunction(reader: QueryReader) -> Evaluate:
    return _join(reader, _negation, ("and",), _both)


def _negation(reader: QueryReader) -> Evaluate:
    if reader.takes("not"):
        inner = _negation(reader)
        return lambda row: not inner(row)
    return _comparison(reader)


def _comparison(reader: QueryReader) -> Evaluate:
    left = _sum(reader)
    turned = reader.takes("not") is not None
    if sign := reader.takes(*_COMPARISONS):
        made = _compare(left, sign, _sum(reader))
    elif reader.takes("like", "=~"):
        made = _matching(left, reader.take())
    elif reader.takes("in"):
        made = _among(left, reader)
    elif turned:
        raise MalformedQuery(f"expected like or in {reader.where()}")
    else:
        return left
    return (lambda row: not made(row)) if turned else made


def _sum(reader: QueryReader) -> Evaluate:
    return _join(reader, _product, ("+", "-"), _calculate)


def _product(reader: QueryReader) -> Evaluate:
    return _join(reader, _primary, ("*", "/", "%"), _calculate)


def _primary(reader: QueryReader) -> Evaluate:
    if reader.takes("("):
        inner = expression(reader)
        reader.must(")")
        return inner
    if reader.takes("-"):
        inner = _primary(reader)
        return lambda row: None if (value := number(inner(row))) is None else -value
    token = reader.take()
    match token.kind:
        case "number":
            return _constant(float(token.text))
        case "string":
            return _constant(text_of(token))
        case "name" if reader.takes("("):
            return _function(token.text, reader)
        case "name" | "quoted":
            name = token.text.strip("`")
            return lambda row: row.get(name)
    raise MalformedQuery(f"unexpected {token.text!r}")


def _function(name: str, reader: QueryReader) -> Evaluate:
    if name.lower() == "bin":
        return _bin(reader)
    arguments = reader.read_list(expression)
    reader.must(")")
    first = arguments[0]
    match name.lower(), len(arguments):
        case "coalesce", _:
            return lambda row: next((value for one in arguments if (value := one(row)) is not None), None)
        case "substr", 2 | 3:
            return lambda row: _part_of(*(one(row) for one in arguments))
        case "ispresent", 1:
            return lambda row: first(row) is not None
        case "strlen", 1:
            return lambda row: None if (value := first(row)) is None else len(show(value))
        case "tolower", 1:
            return lambda row: None if (value := first(row)) is None else show(value).lower()
        case "toupper", 1:
            return lambda row: None if (value := first(row)) is None else show(value).upper()
        case "strcontains", 2:
            return lambda row: int(show(arguments[1](row)) in show(first(row)))
        case "tomillis", 1:
            return lambda row: row.get("@timestamp_ms")
    raise MalformedQuery(f"the sandbox does not know the function {name} with {len(arguments)} arguments")


def _part_of(value: Value, start: Value, length: Value = None) -> Value:
    """Return the substring from a zero-based position with the given length."""
    first = int(number(start) or 0)
    if value is None:
        return None
    return show(value)[first:] if length is None else show(value)[first : first + int(number(length) or 0)]


def _bin(reader: QueryReader) -> Evaluate:
    token = reader.take()
    if token.kind != "span":
        raise MalformedQuery(f"bin takes a period such as 5m, not {token.text!r}")
    reader.must(")")
    length = int((parse_duration(token.text) or 0.0) * 1000)
    return lambda row: moment(int(row["@timestamp_ms"]) // length * length)


def _constant(value: Value) -> Evaluate:
    return lambda _: value


def _either(left: Evaluate, _sign: str, right: Evaluate) -> Evaluate:
    return lambda row: bool(left(row)) or bool(right(row))


def _both(left: Evaluate, _sign: str, right: Evaluate) -> Evaluate:
    return lambda row: bool(left(row)) and bool(right(row))


def _matching(left: Evaluate, token: Token) -> Evaluate:
    if token.kind == "regex":
        searched = regex_of(token)
        return lambda row: (value := left(row)) is not None and searched.search(show(value)) is not None
    if token.kind == "string":
        text = text_of(token)
        return lambda row: (value := left(row)) is not None and text in show(value)
    raise MalformedQuery(f"like takes a string or a regular expression, not {token.text!r}")


def _among(left: Evaluate, reader: QueryReader) -> Evaluate:
    reader.must("[")
    choices = reader.read_list(_primary)
    reader.must("]")
    return lambda row: any(order(left(row), choice(row)) == 0 for choice in choices)


def _compare(left: Evaluate, sign: str, right: Evaluate) -> Evaluate:
    def compare(row: Row) -> bool:
        result = order(left(row), right(row))
        return sign == "!=" if result is None else bool(_COMPARISONS[sign](result, 0))

    return compare


def _calculate(left: Evaluate, sign: str, right: Evaluate) -> Evaluate:
    return lambda row: calculate(left(row), sign, right(row))
