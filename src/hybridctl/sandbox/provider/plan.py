"""Plan a change as the provider SDK does: defaults, computed values, equality, replacement. Pure."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from hybridctl.sandbox.provider.resource import Path, ResourceChange, ResourceType
from hybridctl.sandbox.provider.schema import Attribute, Nested, SchemaBlock
from hybridctl.sandbox.provider.tags import plan_tags
from hybridctl.sandbox.provider.values import UNKNOWN, Values, has_unknown, is_blank, is_empty, same


def plan(
    resource: ResourceType, block: SchemaBlock, config: Values, prior: Values | None, tags: Mapping[str, str]
) -> ResourceChange:
    """Return the change from `prior` (None: create) to the HCL `config`; `tags` are the provider's default tags.

    `replace` contains the paths that cannot change in place. If nothing differs, `planned` is `prior`.
    """
    planned = _Planner(resource).block(block, "", config, prior)
    change = ResourceChange(config=config, prior=prior, planned=planned)
    if "tags_all" in block.attributes:
        plan_tags(change, tags)
    for name, spell in resource.documents.items():
        _spell_document(change, name, spell)
    resource.customize(change)
    if prior is not None:
        for dotted in resource.force_new:
            change.replace |= set(_changes(block, dotted.split("."), prior, change.planned))
        if not find_changed_names(block, prior, change.planned):
            change.planned = deepcopy(prior)
    return change


def find_changed_names(block: SchemaBlock, prior: Values, planned: Values) -> frozenset[str]:
    """Return the top-level names whose values differ."""
    kinds: dict[str, Any] = {name: attribute.type for name, attribute in block.attributes.items()}
    kinds |= {name: [nested.nesting, None] for name, nested in block.blocks.items()}
    return frozenset(name for name, kind in kinds.items() if not same(prior.get(name), planned.get(name), kind))


def _spell_document(change: ResourceChange, name: str, spell: Callable[[str], str]) -> None:
    """Plan the JSON argument in the one spelling, unless it says what it said before."""
    text = change.planned[name]
    kept = change.prior is not None and text == change.prior[name]
    if isinstance(text, str) and text and not kept:
        change.planned[name] = spell(text)


class _Planner:
    def __init__(self, resource: ResourceType) -> None:
        self._resource = resource

    def block(self, block: SchemaBlock, path: str, config: Values, prior: Values | None) -> Values:
        planned: Values = {
            name: self._attribute(attribute, path + name, config.get(name), name, prior)
            for name, attribute in block.attributes.items()
        }
        for name, nested in block.blocks.items():
            planned[name] = self._plan_nested(
                nested, path + name, config.get(name), None if prior is None else prior[name]
            )
        return planned

    def _same(self, kind: Any, path: str, old: Any, new: Any) -> bool:
        if same(old, new, kind):
            return True
        equal = self._resource.equal.get(path)
        return equal is not None and old is not UNKNOWN and new is not UNKNOWN and equal(old, new)

    def _attribute(self, attribute: Attribute, path: str, wanted: Any, name: str, prior: Values | None) -> Any:
        old = None if prior is None else prior[name]
        if wanted is None:
            wanted = self._resource.defaults.get(path)
        if isinstance(attribute.type, list) and attribute.type[0] == "set" and has_unknown(wanted):
            return UNKNOWN  # the provider SDK has no set whose members are not all known
        if wanted is not None:
            return old if prior is not None and self._same(attribute.type, path, old, wanted) else wanted
        if attribute.computed:
            return UNKNOWN if prior is None else old
        # A value that AWS reports although nobody asked is no difference while it is the zero value.
        return old if prior is not None and (is_blank(old) or self._same(attribute.type, path, old, None)) else None

    def _plan_nested(self, nested: Nested, path: str, wanted: Any, old: Any) -> Any:
        if wanted is UNKNOWN:
            return UNKNOWN
        if nested.nesting == "single":  # timeouts: Terraform's own, AWS never sees them
            return wanted
        if not wanted and path in self._resource.computed_blocks:
            return UNKNOWN if old is None else old
        before = [] if old is None or old is UNKNOWN else list(old)
        planned = []
        for index, item in enumerate(wanted or []):
            if item is UNKNOWN:
                planned.append(UNKNOWN)
            elif nested.nesting == "list":
                planned.append(self.block(nested.block, f"{path}.", item, _at(before, index)))
            else:
                planned.append(self._member(nested.block, path, item, before))
        return planned

    def _member(self, block: SchemaBlock, path: str, item: Values, before: list[Any]) -> Values:
        """Plan an element of a set: the equal element of the prior set, otherwise a new one.

        The provider SDK finds elements by a hash of all their values, including those that AWS filled in.
        """
        silent = [name for name, entry in block.attributes.items() if entry.computed and item.get(name) is None]
        for index, candidate in enumerate(before):
            if candidate is not UNKNOWN and all(is_blank(candidate[name]) for name in silent):
                planned = self.block(block, f"{path}.", item, candidate)
                if not find_changed_names(block, candidate, planned):
                    del before[index]
                    return planned
        return self.block(block, f"{path}.", item, None)


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) and items[index] is not UNKNOWN else None


def _changes(block: SchemaBlock, steps: list[str], prior: Values, planned: Values) -> list[Path]:
    """Return where the dotted path `steps` differs between two states, as paths with indexes."""
    head, rest = steps[0], steps[1:]
    old, new = prior.get(head), planned.get(head)
    if head in block.attributes:
        return [] if same(old, new, block.attributes[head].type) else [(head,)]
    nested = block.blocks[head]
    if not rest or old is UNKNOWN or new is UNKNOWN or nested.nesting == "set":
        return [] if same(old, new, [nested.nesting, None]) else [(head,)]
    found: list[Path] = []
    for index in range(max(len(old or []), len(new or []))):
        left, right = _at(old or [], index) or {}, _at(new or [], index) or {}
        found += [(head, index, *path) for path in _changes(nested.block, rest, left, right)]
    return found


def settle(resource: ResourceType, block: SchemaBlock, known: Values, found: Values, path: str = "") -> Values:
    """Return AWS's values, written as in `known` where both are equal (null for empty, the HCL's own JSON)."""
    settled: Values = {}
    for name, attribute in block.attributes.items():
        old, new = known.get(name), found.get(name)
        equal = resource.equal.get(path + name)
        alike = same(old, new, attribute.type) or (
            equal is not None and not is_empty(old) and not is_empty(new) and equal(old, new)
        )
        # A text that AWS reports as "" stays "", as the provider SDK keeps it; an empty collection follows the HCL.
        settled[name] = new if not alike or (old is None and isinstance(new, str)) else old
    for name, nested in block.blocks.items():
        old, new = known.get(name), found.get(name)
        if nested.nesting == "list" and isinstance(old, list) and isinstance(new, list):
            new = [
                settle(resource, nested.block, _at(old, index) or {}, item, f"{path}{name}.")
                for index, item in enumerate(new)
            ]
        settled[name] = new
    return settled
