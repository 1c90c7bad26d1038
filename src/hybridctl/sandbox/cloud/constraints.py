"""Find what in a request violates the constraints of its service's model: length, range, pattern, list of values.

The messages are AWS's. A pattern that Python cannot read is not checked.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import Shape

Found = Iterator[str]
# API Gateway's model has these limits in the names of its shapes only.
_NAMED_LENGTH = re.compile(r"^(?:String|Uri)WithLengthBetween(\d+)And(\d+)$")
_MOST_SHOWN = 200


def describe_violations(shape: Shape, value: Mapping[str, Any]) -> str:
    """Return AWS's message about a request's violations; "" if there is none."""
    found = list(_check(shape, value, ""))
    if not found:
        return ""
    return f"{len(found)} validation error{'s' * (len(found) > 1)} detected: {'; '.join(found)}"


def _check(shape: Shape, value: Any, at: str) -> Found:
    checks = {"structure": _check_structure, "list": _check_list, "map": _check_map, "string": _check_text}
    if shape.type_name in ("integer", "long", "float", "double"):
        yield from _check_number(shape, value, at)
    elif (check := checks.get(shape.type_name)) is not None:
        yield from check(shape, value, at)


def _check_structure(shape: Any, value: Any, at: str) -> Found:
    if not isinstance(value, Mapping):
        return
    for name, member in shape.members.items():
        place = f"{at}.{_lower(name)}" if at else _lower(name)
        if value.get(name) is not None:
            yield from _check(member, value[name], place)
        elif name in shape.required_members:
            yield _violation("null", place, "Member must not be null")


def _check_list(shape: Any, value: Any, at: str) -> Found:
    if not isinstance(value, list):
        return
    yield from _check_length(shape, value, at)
    for number, each in enumerate(value, 1):
        yield from _check(shape.member, each, f"{at}.{number}.member")


def _check_map(shape: Any, value: Any, at: str) -> Found:
    if not isinstance(value, Mapping):
        return
    yield from _check_length(shape, value, at)
    for name, each in value.items():
        yield from _check(shape.key, name, f"{at}.key")
        yield from _check(shape.value, each, f"{at}.{name}.member")


def _check_text(shape: Any, value: Any, at: str) -> Found:
    if not isinstance(value, str):
        return
    yield from _check_length(shape, value, at)
    if shape.enum and value not in shape.enum:
        yield _violation(value, at, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and (compiled := _compile(pattern)) and not compiled.fullmatch(value):
        yield _violation(value, at, f"Member must satisfy regular expression pattern: {pattern}")


def _check_length(shape: Any, value: Any, at: str) -> Found:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if named := _NAMED_LENGTH.match(shape.name):
        least, most = int(named[1]), int(named[2])
    if most is not None and len(value) > most:
        yield _violation(value, at, f"Member must have length less than or equal to {most}")
    if least is not None and len(value) < least:
        yield _violation(value, at, f"Member must have length greater than or equal to {least}")


def _check_number(shape: Shape, value: Any, at: str) -> Found:
    if not isinstance(value, int | float):
        return
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and value > most:
        yield _violation(value, at, f"Member must have value less than or equal to {most}")
    if least is not None and value < least:
        yield _violation(value, at, f"Member must have value greater than or equal to {least}")


def _violation(value: Any, at: str, constraint: str) -> str:
    shown = "null" if constraint.endswith("null") else f"'{str(value)[:_MOST_SHOWN]}'"
    return f"Value {shown} at '{at}' failed to satisfy constraint: {constraint}"


@cache
def _compile(pattern: str) -> re.Pattern[str] | None:
    """Return a pattern of a model, which is written for Java; None if Python has no equivalent."""
    readable = pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\w").replace(r"\p{Z}", r"\s")
    try:
        return re.compile(readable)
    except re.error:
        return None


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
