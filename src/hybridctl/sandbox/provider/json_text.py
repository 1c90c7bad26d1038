"""JSON arguments as hashicorp/aws keeps them: compact, keys sorted, spelled as Go spells them."""

import json
from typing import Any

from hybridctl.sandbox.provider.resource import Problem
from hybridctl.sandbox.provider.values import Values

# encoding/json escapes these so that its output is safe inside HTML and JavaScript.
GO_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def normalise(text: str) -> str:
    """Return this JSON in its one format. Raises ValueError if it is not JSON."""
    return write_json(json.loads(text, parse_float=_go_number), sort_keys=True)


def write_json(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """JSON as Go's encoder writes it."""
    separators = (",", ":" if indent is None else ": ")
    text = json.dumps(value, indent=indent, sort_keys=sort_keys, separators=separators, ensure_ascii=False)
    return text.translate(GO_ESCAPES)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def normalise_given(text: str | None) -> str:
    """Return the same, or "" for no text."""
    return normalise(text) if text else ""


def version_first(text: str) -> str:
    """Return the same with Version first, as hashicorp/aws stores inline policies."""
    value = json.loads(normalise(text))
    first = {"Version": value["Version"]} if isinstance(value, dict) and "Version" in value else {}
    return write_json({**first, **value} if first else value)


def says_the_same(left: Any, right: Any) -> bool:
    """Return whether two JSON texts differ only in spacing and the order of keys."""
    if not isinstance(left, str) or not isinstance(right, str):
        return bool(left == right)
    try:
        return normalise(left) == normalise(right)
    except ValueError:
        return left == right


def problem(config: Values, name: str) -> list[Problem]:
    """Return a problem if the argument `name` is known and is not JSON."""
    text = config[name]
    if isinstance(text, str) and text:
        try:
            json.loads(text)
        except ValueError as error:
            what = " policy" if "policy" in name else ""
            return [Problem(f'"{name}" contains an invalid JSON{what}: {error}', path=(name,))]
    return []


def _go_number(digits: str) -> float | int:
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number
