"""Terraform's values in Python: None is null, `UNKNOWN` is known after apply; a set is a list, an object a dict."""

import json
from collections.abc import Callable
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]  # ships no stubs
from msgpack.ext import ExtType  # type: ignore[import-untyped]  # ships no stubs

Values = dict[str, Any]
Same = Callable[[Any, Any], bool]


class Unknown:
    """The one value that is not known before apply."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


def _from_ext(code: int, data: bytes) -> Any:
    del code, data  # refined unknowns carry hints that planning may ignore
    return UNKNOWN


def _to_ext(value: Any) -> Any:
    if value is UNKNOWN:
        return ExtType(0, b"\x00")
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    raise TypeError(f"a {type(value).__name__} is no Terraform value")


def unpack(raw: bytes) -> Any:
    """The value in a msgpack message; numbers that are not exact in binary arrive as text (see `coerce`)."""
    return msgpack.unpackb(raw, ext_hook=_from_ext, strict_map_key=False)


def pack(value: Any) -> bytes:
    """The msgpack message of a value made by `coerce`."""
    packed: bytes = msgpack.packb(value, default=_to_ext)
    return packed


def number(value: Any) -> int | float:
    """The number Terraform meant: cty sends 0.1 as text, since no binary fraction equals it."""
    if isinstance(value, str):
        value = float(value) if any(mark in value for mark in ".eE") else int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def coerce(kind: Any, value: Any, *, outgoing: bool = False) -> Any:
    """`value` as the schema's type `kind` wants it; `outgoing` writes fractions as text, as cty does."""
    if value is None or value is UNKNOWN:
        return value
    if isinstance(kind, list):
        return _coerce_many(kind[0], kind[1], value, outgoing)
    if kind == "number":
        exact = number(value)
        return repr(exact) if outgoing and isinstance(exact, float) else exact
    if kind == "bool":
        return bool(value)
    return value if isinstance(value, str) else str(value)


def _coerce_many(shape: str, inner: Any, value: Any, outgoing: bool) -> Any:
    if shape in ("list", "set"):
        return [coerce(inner, item, outgoing=outgoing) for item in value]
    if shape == "map":
        return {key: coerce(inner, item, outgoing=outgoing) for key, item in value.items()}
    return {key: coerce(sub, value.get(key), outgoing=outgoing) for key, sub in inner.items()}


def is_blank(value: Any) -> bool:
    """True for what the provider SDK calls the zero value: null, "", 0, false, and the empty collection."""
    return value is None or (value is not UNKNOWN and value in ("", 0, False)) or value in ([], {})


def is_empty(value: Any) -> bool:
    """True for null, "" and the empty collection, which the provider SDK does not tell apart."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def has_unknown(value: Any) -> bool:
    if value is UNKNOWN:
        return True
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    return isinstance(value, list) and any(has_unknown(item) for item in value)


def drop_unknown(blocks: Any) -> list[Values]:
    """The blocks that are known already."""
    return [block for block in blocks if block is not UNKNOWN] if isinstance(blocks, list) else []


def without_unknown(value: Any) -> Any:
    """The same value with null wherever it is not known."""
    if value is UNKNOWN:
        return None
    if isinstance(value, dict):
        return {key: without_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_unknown(item) for item in value]
    return value


def drop_empty(values: Values) -> Values:
    """The same without what is null or empty: a request carries what was asked for."""
    return {name: value for name, value in values.items() if not is_empty(value)}


def json_same(left: Any, right: Any) -> bool:
    """True when two JSON texts say the same, in whatever order and spacing."""
    if not isinstance(left, str) or not isinstance(right, str):
        return bool(left == right)
    try:
        return bool(_plain_policy(json.loads(left)) == _plain_policy(json.loads(right)))
    except ValueError:
        return left == right


def _plain_policy(value: Any) -> Any:
    """IAM takes a list of one for the one; order means nothing in a policy's lists of texts."""
    if isinstance(value, dict):
        return {key: _plain_policy(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_plain_policy(item) for item in value]
        if len(items) == 1:
            return items[0]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    return value


def multiset(items: list[Any]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True, default=repr) for item in items)


def same(left: Any, right: Any, kind: Any = None) -> bool:
    """True when the provider SDK would see no difference (null, "" and empty are one; sets have no order)."""
    if left is UNKNOWN or right is UNKNOWN:
        return left is right
    if is_empty(left) and is_empty(right):
        return True
    if isinstance(kind, list) and kind[0] == "set" and isinstance(left, list) and isinstance(right, list):
        return multiset(left) == multiset(right)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)
