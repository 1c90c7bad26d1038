"""Converts a release to the JSON object of its record, and back.

Several versions of hybridctl share the records. Unknown members are therefore ignored at every level and kept when a
record is written again, unknown values of enums stay unchanged, and missing members get their defaults. Any other
record is unreadable, and the reason names the member.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hybridctl.domain.release import Release
from hybridctl.domain.stored_state import read_object

FORMAT = 1
LARGEST = 1_000_000  # bytes; a real record has about two thousand

# Required members. Of the others, a missing string is "" and a missing float is 0.
_NEEDED = {(Release, "id"), (Release, "outcome")}
_ABSENT: Mapping[type, Any] = {str: "", float: 0.0}


class RecordUnreadable(Exception):
    """Why an object is not a readable record."""


def to_record(release: Release, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the JSON form of a release. Members of an earlier record, `known`, that this version does not have are
    kept.
    """
    record = {"format": FORMAT, **_plain(asdict(release))}
    if not release.workers:
        del record["workers"]
    if not known:
        return record
    merged: dict[str, Any] = _merge(known, record)
    format_ = known.get("format")
    return merged | {"format": max(FORMAT, format_) if isinstance(format_, int) else FORMAT}


def read_record(body: bytes) -> tuple[Release, Mapping[str, Any]]:
    """Return a release and the whole object that was read. Raises RecordUnreadable."""
    content, why = read_object(body)
    if content is None:
        raise RecordUnreadable(why)
    return from_record(content), content


def from_record(record: Mapping[str, Any]) -> Release:
    """Return a release from its JSON form. Raises RecordUnreadable."""
    read: Release = _value(Release, record, "it")
    return read


def _value(kind: Any, value: Any, path: str) -> Any:
    """Convert a JSON value to the declared type of a dataclass member."""
    if get_origin(kind) in (Union, UnionType):
        [inner] = [one for one in get_args(kind) if one is not type(None)]
        return None if value is None else _value(inner, value, path)
    if get_origin(kind) is tuple:
        items = _of(list, value, path, "a list")
        return tuple(_value(get_args(kind)[0], item, f"{path}[{at}]") for at, item in enumerate(items))
    if is_dataclass(kind):
        return _members(kind, _of(dict, value, path, "an object"), path)
    if kind is datetime:
        return _moment(_of(str, value, path, "a time"), path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(_of(str, value, path, "a string"))
    if kind is str:
        text: str = _of(str, value, path, "a string")
        return text.encode(errors="replace").decode()  # a lone surrogate cannot be printed
    if kind is bool:
        return _of(bool, value, path, "true or false")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RecordUnreadable(f"{path} is not a number")
    if kind is int and value != int(value):
        raise RecordUnreadable(f"{path} is not a whole number")
    return kind(value)


def _members(kind: Any, value: Mapping[str, Any], path: str) -> Any:
    hints, given = _hints(kind), {}
    for member in fields(kind):
        where = member.name if path == "it" else f"{path}.{member.name}"
        if member.name in value:
            given[member.name] = _value(hints[member.name], value[member.name], where)
        elif (kind, member.name) in _NEEDED:
            raise RecordUnreadable(f"{path} is not a release record: it has no {member.name}")
        elif member.default is MISSING and member.default_factory is MISSING:
            if hints[member.name] not in _ABSENT:
                raise RecordUnreadable(f"{path} has no {member.name}")
            given[member.name] = _ABSENT[hints[member.name]]
    return kind(**given)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _of(wanted: type, value: Any, path: str, name: str) -> Any:
    if not isinstance(value, wanted):
        raise RecordUnreadable(f"{path} is not {name}")
    return value


def _moment(text: str, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as cause:
        raise RecordUnreadable(f"{path} is not a time") from cause


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _merge(known: Any, now: Any) -> Any:
    """Return `now` with the members that only `known` has. Items of lists are matched by position."""
    if isinstance(known, Mapping) and isinstance(now, Mapping):
        return {**known, **{name: _merge(known.get(name), member) for name, member in now.items()}}
    if isinstance(known, list) and isinstance(now, list):
        return [_merge(known[at] if at < len(known) else None, member) for at, member in enumerate(now)]
    return now
