"""tags and tags_all: the resource's own tags over the provider's default_tags, as hashicorp/aws merges them."""

from collections.abc import Mapping
from typing import Any

from hybridctl.sandbox.provider.resource import ResourceChange
from hybridctl.sandbox.provider.values import UNKNOWN, Values, has_unknown, is_empty, same


def merge_tags(defaults: Mapping[str, str], own: Any) -> Any:
    """Return tags_all; UNKNOWN while one of the resource's own tags is unknown."""
    if own is UNKNOWN or has_unknown(own):
        return UNKNOWN
    return {**defaults, **(own or {})}


def plan_tags(change: ResourceChange, defaults: Mapping[str, str]) -> None:
    """Set tags_all in a plan. For a new object without tags it is known only after apply, as with the real provider."""
    everything = merge_tags(defaults, change.planned.get("tags"))
    prior = change.prior
    if prior is not None and same(prior.get("tags_all"), everything):
        change.planned["tags_all"] = prior.get("tags_all")
    else:
        change.planned["tags_all"] = UNKNOWN if prior is None and is_empty(everything) else everything


def own_tags(defaults: Mapping[str, str], state: Values, remote: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of AWS that the resource itself declares: without the defaults, unless it repeats one."""
    named = state.get("tags") or {}
    return {
        key: value
        for key, value in remote.items()
        if not key.startswith("aws:") and (key in named or defaults.get(key) != value)
    }
