"""JSON that has one meaning: a name stands once in an object, and a number is a number."""

import json
from collections.abc import Sequence
from typing import Any


def parse(content: bytes) -> Any:
    """The value in UTF-8 `content`; raises ValueError for all else, also for what is nested too deep.

    Of a name that stands twice, two readers may take different values: one checks the first, the other uses the last.
    """
    try:
        return _DECODER.decode(content.decode("utf-8"))
    except RecursionError as cause:
        raise ValueError("nested too deep") from cause


def _object(members: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a name stands twice")
    return found


def _no_number(_name: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)
