"""Values in Logs Insights: how they are compared, calculated with, and answered."""

from math import isfinite
from typing import Any

Value = Any  # a number, a string, a truth value, or None where a field is missing


def number(value: Value) -> float | None:
    """The value as a finite number, also where it is a text that is one; None where there is none."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def show(value: Value) -> str:
    """A value as Logs Insights answers with it: whole numbers without a point, truth as 1 and 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        if not isfinite(value):
            return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "")
        return str(int(value)) if value == int(value) else repr(round(value, 4))
    return str(value)


def moment(milliseconds: int) -> str:
    """A time as Logs Insights writes it, in UTC."""
    from datetime import UTC, datetime, timedelta

    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def order(one: Value, other: Value) -> int | None:
    """-1, 0 or 1; None where either is missing. Numbers where both are numbers, else text."""
    if one is None or other is None:
        return None
    numbers = number(one), number(other)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    return (show(one) > show(other)) - (show(one) < show(other))


def rank(value: Value) -> tuple[int, float, str]:
    """Numbers by size before text by letters."""
    found = number(value)
    return (1, 0.0, show(value)) if found is None else (0, found, "")


def calculate(one: Value, sign: str, other: Value) -> float | None:
    """The sum, difference, product, quotient or remainder; None where there is none."""
    left, right = number(one), number(other)
    if left is None or right is None or (sign in "/%" and right == 0):
        return None
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    return left % right
