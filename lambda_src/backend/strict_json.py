"""JSON that has one meaning: a name stands once in an object, and a number is a number."""

import json
import re
from collections.abc import Sequence
from typing import Any

# Our own limit, for the one of the interpreter differs from version to version.
DEEPEST = 64


def parse(content: bytes) -> Any:
    """The value in UTF-8 `content`; raises ValueError for all else, also for what is nested too deep.

    Of a name that stands twice, two readers may take different values: one checks the first, the other uses the last.
    """
    text = content.decode("utf-8")
    _check_depth(text)
    return _DECODER.decode(text)


def _check_depth(text: str) -> None:
    """Raise ValueError where more than DEEPEST lists and objects are open at once; brackets in strings are text."""
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > DEEPEST:
                raise ValueError("nested too deep")
        elif found[0] in "]}":
            depth -= 1


def _object(members: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a name stands twice")
    return found


def _no_number(_name: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")


_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)
