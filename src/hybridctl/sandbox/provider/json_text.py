"""JSON arguments as hashicorp/aws keeps them: compact, keys sorted, spelled as Go spells them."""

import json
from typing import Any

from hybridctl.sandbox.provider.resource import Problem
from hybridctl.sandbox.provider.values import Values

# encoding/json escapes these so that its output is safe inside HTML and JavaScript.
GO_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def normalise(text: str) -> str:
    """The one spelling of this JSON; ValueError when it is none."""
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
    """The same, or an empty text where the service has none."""
    return normalise(text) if text else ""


def version_first(text: str) -> str:
    """The same with Version before all else: how hashicorp/aws stores inline policies."""
    value = json.loads(normalise(text))
    first = {"Version": value["Version"]} if isinstance(value, dict) and "Version" in value else {}
    return write_json({**first, **value} if first else value)


def says_the_same(left: Any, right: Any) -> bool:
    """True when two JSON texts differ in spacing and the order of keys at most."""
    if not isinstance(left, str) or not isinstance(right, str):
        return bool(left == right)
    try:
        return normalise(left) == normalise(right)
    except ValueError:
        return left == right


def problem(config: Values, name: str) -> list[Problem]:
    """Empty unless the argument `name` is known and no JSON."""
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
