"""What a person changed: the difference between the state and the world, from a refresh-only plan's JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hybridctl.domain.drift_by_aws import ExpectedChange, find_scaled_parts, is_by_aws
from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class AttributeDifference:
    """One attribute, by its path: what Terraform last knew, and what AWS says now, both as short JSON."""

    attribute: str
    known: str
    found: str


@dataclass(frozen=True, slots=True)
class Drifted:
    """One resource that is not as it was left; `gone` when it does not exist any more."""

    address: str
    gone: bool
    differences: tuple[AttributeDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """Everything that drifted in one environment."""

    environment: str
    resources: tuple[Drifted, ...]


def read_drift(environment: str, plan: Mapping[str, Any]) -> Drift:
    """The drift in a plan's JSON, less what releases move and what AWS itself changes (`drift_by_aws`)."""
    scaled = find_scaled_parts(plan)
    found = [drifted for raw in plan.get("resource_drift", ()) if (drifted := _find_drift(raw, scaled))]
    return Drift(environment, tuple(sorted(found, key=lambda one: one.address)))


def _find_drift(raw: Mapping[str, Any], scaled: Mapping[str, tuple[float, float]]) -> Drifted | None:
    change = raw["change"]
    if "delete" in change["actions"]:
        return Drifted(raw["address"], gone=True)
    before, after = change.get("before") or {}, change.get("after") or {}
    # tags_all are the tags that AWS has; tags are those of them that no default gave, and would show half of a change.
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
    """A value, and what of it is sensitive: true for all of it, or a mask of its own shape."""

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
    """The smallest parts that differ: blocks are gone into, by name where they have one."""
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
    """Which blocks of two lists are the same one; None if that cannot be known, or there are no blocks."""
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
    """Whether anything is marked; an empty mask marks nothing."""
    if isinstance(secret, Mapping):
        return any(_any(member) for member in secret.values())
    if isinstance(secret, list):
        return any(_any(member) for member in secret)
    return bool(secret)


def _same(known: Any, found: Any) -> bool:
    """Equal, or empty in two ways: null, "", [] and {} all say nothing."""
    return known == found or (not known and not found and not isinstance(known, bool) and known != 0 and found != 0)


def _show(known: Any, found: Any, *, hidden: bool) -> tuple[str, str]:
    if hidden:
        return "(sensitive)", "(sensitive)"
    return json.dumps(known, ensure_ascii=False), json.dumps(found, ensure_ascii=False)
