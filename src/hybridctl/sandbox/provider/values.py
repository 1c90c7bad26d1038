"""Terraform's values in Python: None is null, `UNKNOWN` is known after apply; a set is a list, an object a dict."""

import json
from collections.abc import Callable
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]  # ships no stubs
from msgpack.ext import ExtType  # type: ignore[import-untyped]  # ships no stubs

Values = dict[str, Any]
Same = Callable[[Any, Any], bool]


class Unknown:
    """The value that is known only after apply."""

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
    """Return the value in a msgpack message; numbers that are not exact in binary are text (see `coerce`)."""
    return msgpack.unpackb(raw, ext_hook=_from_ext, strict_map_key=False)


def pack(value: Any) -> bytes:
    """Return the msgpack message of a value from `coerce`."""
    packed: bytes = msgpack.packb(value, default=_to_ext)
    return packed


def number(value: Any) -> int | float:
    """Return a number of Terraform: cty sends 0.1 as text, because no binary fraction equals it."""
    if isinstance(value, str):
        value = float(value) if any(mark in value for mark in ".eE") else int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def coerce(kind: Any, value: Any, *, outgoing: bool = False) -> Any:
    """Convert `value` to the schema's type `kind`; `outgoing` writes fractions as text, as cty does."""
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
    """Return whether this is a zero value of the provider SDK: null, "", 0, false, or an empty collection."""
    return value is None or (value is not UNKNOWN and value in ("", 0, False)) or value in ([], {})


def is_empty(value: Any) -> bool:
    """Return whether this is null, "" or an empty collection, which are the same for the provider SDK."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def has_unknown(value: Any) -> bool:
    if value is UNKNOWN:
        return True
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    return isinstance(value, list) and any(has_unknown(item) for item in value)


def drop_unknown(blocks: Any) -> list[Values]:
    """Return the blocks that are already known."""
    return [block for block in blocks if block is not UNKNOWN] if isinstance(blocks, list) else []


def without_unknown(value: Any) -> Any:
    """Return the value with null in place of everything unknown."""
    if value is UNKNOWN:
        return None
    if isinstance(value, dict):
        return {key: without_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_unknown(item) for item in value]
    return value


def drop_empty(values: Values) -> Values:
    """Return the values that are neither null nor empty."""
    return {name: value for name, value in values.items() if not is_empty(value)}


def json_same(left: Any, right: Any) -> bool:
    """Return whether two JSON texts are equal apart from order and spacing."""
    if not isinstance(left, str) or not isinstance(right, str):
        return bool(left == right)
    try:
        return bool(_plain_policy(json.loads(left)) == _plain_policy(json.loads(right)))
    except ValueError:
        return left == right


def _plain_policy(value: Any) -> Any:
    """Simplify a policy: for IAM a list of one equals its item, and the order of texts in a list has no meaning."""
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
    """Return whether the provider SDK sees no difference (null, "" and empty are equal; sets have no order)."""
    if left is UNKNOWN or right is UNKNOWN:
        return left is right
    if is_empty(left) and is_empty(right):
        return True
    if isinstance(kind, list) and kind[0] == "set" and isinstance(left, list) and isinstance(right, list):
        return multiset(left) == multiset(right)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)
