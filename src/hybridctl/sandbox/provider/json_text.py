"""JSON arguments as hashicorp/aws keeps them: compact, keys sorted, spelled as Go spells them."""

import json
from typing import Any

from hybridctl.sandbox.provider.resource import Problem
from hybridctl.sandbox.provider.values import Values

# encoding/json escapes these so that its output is safe inside HTML and JavaScript.
GO_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def normalise(text: str) -> str:
    """The one spelling of this JSON; ValueError when it is none."""
    value = json.loads(text, parse_float=_go_number)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).translate(GO_ESCAPES)


def normalise_given(text: str | None) -> str:
    """The same, or an empty text where the service has none."""
    return normalise(text) if text else ""


def version_first(text: str) -> str:
    """The same with Version before all else: how hashicorp/aws stores inline policies."""
    value = json.loads(text)
    if not isinstance(value, dict) or "Version" not in value:
        return normalise(text)
    rest = normalise(json.dumps({key: member for key, member in value.items() if key != "Version"}))
    version = normalise(json.dumps({"Version": value["Version"]}))
    return version if rest == "{}" else f"{version[:-1]},{rest[1:]}"


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
