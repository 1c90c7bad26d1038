"""JSON in log lines: neither parsing a line nor walking through its value ever raises.

A separate module because the sandbox, which uses nothing else of hybridctl, reads the same lines.
"""

import json
from typing import Any

DEEPEST = 100  # levels; recursive code over a value that was read stays far below Python's own limit


class _Unreadable:
    """The type of UNREADABLE, which differs from null: null is a readable value."""


UNREADABLE = _Unreadable()


def read_json(text: str) -> Any:
    """Parse a JSON text; UNREADABLE if it is not JSON, nested deeper than DEEPEST, or has numbers too long to convert.

    NaN and Infinity, which some writers produce although RFC 8259 lacks them, become null. A number beyond a double's
    range stays infinite: see `finite`.
    """
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return UNREADABLE
    if len(text) > 2 * DEEPEST and text.count("{") + text.count("[") > DEEPEST and _is_too_deep(value):
        return UNREADABLE
    return value


def read_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object of a line, or None if it is anything else."""
    value = read_json(text) if text.startswith("{") else None
    return value if isinstance(value, dict) else None


def finite(value: object) -> float | None:
    """Return the value as a float, or None if it is not a number or does not fit a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) < float("inf") else None


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [member for one in level for member in _members(one)]
        if not level:
            return False
    return True


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for one in value.values() if isinstance(one, dict | list)]
    return [one for one in value if isinstance(one, dict | list)] if isinstance(value, list) else []


_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
