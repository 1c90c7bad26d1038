"""The vendored schemas and what the resource files say of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from hybridctl.sandbox.provider import registry
from hybridctl.sandbox.provider.resource import DataSource, ResourceType
from hybridctl.sandbox.provider.schema import Attribute, SchemaBlock, read_vendored
from hybridctl.sandbox.provider.values import UNKNOWN, coerce, pack, unpack
from sandbox.provider.vendor import common_block

ENTRIES = [*registry.resources().values(), *registry.data_sources().values()]


def block_of(entry: ResourceType | DataSource) -> SchemaBlock:
    known = read_vendored().resources if isinstance(entry, ResourceType) else read_vendored().data_sources
    return known[entry.type_name].block


def is_in_block(block: SchemaBlock, dotted: str) -> bool:
    """True when the path leads to an attribute or a block."""
    head, _, rest = dotted.partition(".")
    if not rest:
        return head in block.attributes or head in block.blocks
    return head in block.blocks and is_in_block(block.blocks[head].block, rest)


def paths(entry: ResourceType | DataSource) -> Iterator[str]:
    yield from (*entry.implements, *entry.refuses, *entry.defaults, *entry.choices)
    yield from (name for names in entry.conflicts for name in names)
    if isinstance(entry, ResourceType):
        yield from (*entry.force_new, *entry.computed_blocks, *entry.equal)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.type_name)
def test_what_a_resource_file_names_is_in_the_schema(entry: ResourceType | DataSource) -> None:
    assert [path for path in paths(entry) if not is_in_block(block_of(entry), path)] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.type_name)
def test_what_must_be_given_is_carried_out(entry: ResourceType | DataSource) -> None:
    required = {name for name, attribute in block_of(entry).attributes.items() if attribute.required}
    assert required - entry.implements == set()


def test_only_what_both_releases_have_is_kept_and_the_stricter_rule_counts() -> None:
    five: dict[str, Any] = {
        "attributes": {
            "both": {"type": "string", "optional": True, "computed": True, "description_kind": "plain"},
            "dropped": {"type": "string", "optional": True},
            "stricter": {"type": "string", "optional": True, "computed": True},
        },
        "block_types": {"inner": {"nesting_mode": "list", "max_items": 2, "block": {}}, "old": {}},
    }
    six: dict[str, Any] = {
        "attributes": {"both": {}, "stricter": {"required": True}, "region": {}},
        "block_types": {"inner": {"nesting": "list", "max_items": 1, "min_items": 1, "block": {}}},
    }
    assert common_block(five, six) == {
        "attributes": {
            "both": {"type": "string", "optional": True, "computed": True},
            "stricter": {"type": "string", "required": True},
        },
        "blocks": {"inner": {"nesting": "list", "min_items": 1, "max_items": 1, "block": {"attributes": {}}}},
    }


def test_a_state_of_another_release_is_adopted_without_what_is_not_known_here() -> None:
    block = SchemaBlock({"name": Attribute("string"), "size": Attribute("number")})
    assert block.adopt({"name": "n", "region": "us-east-1"}) == {"name": "n", "size": None}
    with pytest.raises(KeyError, match="region"):
        block.conform({"region": "us-east-1"})


@pytest.mark.parametrize(
    ("kind", "wire", "value", "back"),
    [
        ("number", "0.1", 0.1, "0.1"),
        ("number", 5.0, 5, 5),
        ("number", "36893488147419103232", 2**65, 2**65),
        (["list", "number"], ["2.5"], [2.5], ["2.5"]),
        (["map", "string"], {"a": "1"}, {"a": "1"}, {"a": "1"}),
        (
            ["list", ["object", {"a": "string", "b": "bool"}]],
            [{"a": "x"}],
            [{"a": "x", "b": None}],
            [{"a": "x", "b": None}],
        ),
    ],
)
def test_values_are_typed_and_fractions_go_out_as_text(kind: Any, wire: Any, value: Any, back: Any) -> None:
    assert coerce(kind, wire) == value
    assert coerce(kind, value, outgoing=True) == back


def test_unknown_survives_the_wire() -> None:
    assert unpack(pack({"a": UNKNOWN, "b": [UNKNOWN, None]})) == {"a": UNKNOWN, "b": [UNKNOWN, None]}
