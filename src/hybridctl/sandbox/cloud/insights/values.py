"""Values in Logs Insights: comparison, arithmetic and output."""

import operator
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

Value = Any  # a number, a string, a truth value, or None where a field is missing


_OPERATIONS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


def number(value: Value) -> float | None:
    """Return the value, or a numeric text, as a finite number; None if it is neither."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def show(value: Value) -> str:
    """Format a value as Logs Insights does: whole numbers without a point, booleans as 1 and 0.

    An answer is UTF-8, so half of a surrogate pair, which JSON can escape and a text cut by a program often ends with,
    becomes U+FFFD.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        if not isfinite(value):
            return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "")
        return str(int(value)) if value == int(value) else repr(round(value, 4))
    text = str(value)
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def moment(milliseconds: int) -> str:
    """Format a time as Logs Insights does, in UTC."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def order(one: Value, other: Value) -> int | None:
    """Return -1, 0 or 1; None if a value is missing. Compares numbers if both are numbers, otherwise text."""
    if one is None or other is None:
        return None
    numbers = number(one), number(other)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    return (show(one) > show(other)) - (show(one) < show(other))


def rank(value: Value) -> tuple[int, float, str]:
    """Sort numbers by value before text by letters."""
    found = number(value)
    return (1, 0.0, show(value)) if found is None else (0, found, "")


def calculate(one: Value, sign: str, other: Value) -> float | None:
    """Return the sum, difference, product, quotient or remainder; None if undefined."""
    left, right = number(one), number(other)
    if left is None or right is None or (sign in "/%" and right == 0):
        return None
    result: float = _OPERATIONS[sign](left, right)
    return result
