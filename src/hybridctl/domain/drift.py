"""Manual changes: differences between the state and AWS, from the JSON of a refresh-only plan."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.drift_by_aws import ExpectedChange, find_scaled_parts, is_by_aws


@dataclass(frozen=True, slots=True)
class AttributeDifference:
    """A changed attribute, by its path: the value in the state and the value in AWS, both as short JSON."""

    attribute: str
    known: str
    found: str


@dataclass(frozen=True, slots=True)
class Drifted:
    """A resource that was changed outside Terraform. `gone` is true if it no longer exists."""

    address: str
    gone: bool
    differences: tuple[AttributeDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """All drift of one environment."""

    environment: str
    resources: tuple[Drifted, ...]


def read_drift(environment: str, plan: Mapping[str, Any]) -> Drift:
    """Return the drift in a plan's JSON, without changes made by releases or by AWS itself (`drift_by_aws`)."""
    scaled = find_scaled_parts(plan)
    found = [drifted for raw in plan.get("resource_drift", ()) if (drifted := _find_drift(raw, scaled))]
    return Drift(environment, tuple(sorted(found, key=lambda one: one.address)))


def _find_drift(raw: Mapping[str, Any], scaled: Mapping[str, tuple[float, float]]) -> Drifted | None:
    change = raw["change"]
    if "delete" in change["actions"]:
        return Drifted(raw["address"], gone=True)
    before, after = change.get("before") or {}, change.get("after") or {}
    # tags_all contains all tags in AWS. tags leaves out the default tags, so it would show only part of a change.
    tags = {"tags"} if "tags_all" in before and "tags_all" in after else {"tags_all"}
    before_secret, after_secret = change.get("before_sensitive") or {}, change.get("after_sensitive") or {}
    differences = tuple(
        difference
        for name in sorted({*before, *after} - tags)
        for difference in _differences(
            "tags" if name == "tags_all" else name,
            _Side(before.get(name), _inside(before_secret, name)),
            _Side(after.get(name), _inside(after_secret, name)),
        )
        if not is_by_aws(
            ExpectedChange(raw["type"], difference.attribute, difference.known, difference.found), after, scaled
        )
    )
    return Drifted(raw["address"], gone=False, differences=differences) if differences else None


@dataclass(frozen=True, slots=True)
class _Side:
    """A value and its sensitive parts: true for the whole value, or a mask with the same structure."""

    value: Any
    secret: Any

    def at(self, key: Any) -> "_Side":
        if isinstance(self.value, Mapping):
            return _Side(self.value.get(key), _inside(self.secret, key))
        return _Side(self.value[key], _inside(self.secret, key))

    @property
    def hidden(self) -> bool:
        return _any(self.secret)


def _differences(path: str, known: _Side, found: _Side) -> Iterator[AttributeDifference]:
    """Yield the smallest parts that differ. Blocks are compared member by member, and matched by name if they have
    one.
    """
    if _same(known.value, found.value):
        return
    if isinstance(known.value, Mapping) and isinstance(found.value, Mapping):
        for key in sorted({*known.value, *found.value}):
            yield from _differences(f"{path}.{key}", known.at(key), found.at(key))
        return
    pairs = _pairs(known.value, found.value)
    if pairs is None:
        yield AttributeDifference(path, *_show(known.value, found.value, hidden=known.hidden or found.hidden))
        return
    for label, left, right in pairs:
        inner = f"{path}[{label}]" if label else path
        yield from _differences(inner, known.at(left), found.at(right))


def _pairs(known: Any, found: Any) -> list[tuple[str, int, int]] | None:
    """Match the blocks of two lists. Return None if they cannot be matched or are not blocks."""
    if not (isinstance(known, list) and isinstance(found, list) and known and len(known) == len(found)):
        return None
    if not all(isinstance(block, Mapping) for block in (*known, *found)):
        return None
    if len(known) == 1:
        return [(json.dumps(known[0]["name"]) if "name" in known[0] else "", 0, 0)]
    names, others = [block.get("name") for block in known], [block.get("name") for block in found]
    if None in names or sorted(names) != sorted(others) or len(set(names)) != len(names):
        return None
    return [(json.dumps(name), at, others.index(name)) for at, name in enumerate(names)]


def _inside(secret: Any, key: Any) -> Any:
    if isinstance(secret, Mapping):
        return secret.get(key, False)
    if isinstance(secret, list):
        return secret[key] if isinstance(key, int) and key < len(secret) else False
    return secret


def _any(secret: Any) -> bool:
    """Return whether anything is marked as sensitive. An empty mask marks nothing."""
    if isinstance(secret, Mapping):
        return any(_any(member) for member in secret.values())
    if isinstance(secret, list):
        return any(_any(member) for member in secret)
    return bool(secret)


def _same(known: Any, found: Any) -> bool:
    """Return whether two values are equal or both empty: null, "", [] and {} mean the same."""
    return known == found or (not known and not found and not isinstance(known, bool) and known != 0 and found != 0)


def _show(known: Any, found: Any, *, hidden: bool) -> tuple[str, str]:
    if hidden:
        return "(sensitive)", "(sensitive)"
    return json.dumps(known, ensure_ascii=False), json.dumps(found, ensure_ascii=False)
