"""The schemas of hashicorp/aws for the types in use, from the vendored facts, and their wire form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from tf.gen import tfplugin_pb2 as pb

from hybridctl.sandbox.provider.values import UNKNOWN, Values, coerce

NESTING = {
    "single": pb.Schema.NestedBlock.SINGLE,
    "list": pb.Schema.NestedBlock.LIST,
    "set": pb.Schema.NestedBlock.SET,
}


@dataclass(frozen=True)
class Attribute:
    """One argument or result; `type` is cty's JSON form, such as "string" or ["map", "string"]."""

    type: Any
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False

    @property
    def is_settable(self) -> bool:
        return self.required or self.optional


@dataclass(frozen=True)
class Nested:
    """A block inside a block: `nesting` is single, list or set; 0 items means no bound."""

    nesting: str
    block: "SchemaBlock"
    min_items: int = 0
    max_items: int = 0


@dataclass(frozen=True)
class SchemaBlock:
    attributes: Mapping[str, Attribute]
    blocks: Mapping[str, Nested] = field(default_factory=dict)

    def conform(self, values: Mapping[str, Any], *, outgoing: bool = False) -> Values:
        """Every name of this block, typed; KeyError for a name that the schema does not have."""
        surplus = values.keys() - self.attributes.keys() - self.blocks.keys()
        if surplus:
            raise KeyError(f"not in the schema: {', '.join(sorted(surplus))}")
        full: Values = {
            name: coerce(attribute.type, values.get(name), outgoing=outgoing)
            for name, attribute in self.attributes.items()
        }
        for name, nested in self.blocks.items():
            full[name] = _conform_nested(nested, values.get(name), outgoing)
        return full

    def adopt(self, values: Mapping[str, Any]) -> Values:
        """A state written by another release: what this schema does not have is dropped, the rest typed."""
        kept: Values = {name: values.get(name) for name in self.attributes}
        for name, nested in self.blocks.items():
            value = values.get(name)
            if nested.nesting == "single":
                kept[name] = None if value is None else nested.block.adopt(value)
            else:
                kept[name] = [nested.block.adopt(item) for item in value or []]
        return self.conform(kept)


def _conform_nested(nested: Nested, value: Any, outgoing: bool) -> Any:
    if value is UNKNOWN:
        return value
    if nested.nesting == "single":
        return None if value is None else nested.block.conform(value, outgoing=outgoing)
    return [item if item is UNKNOWN else nested.block.conform(item, outgoing=outgoing) for item in value or []]


@dataclass(frozen=True)
class Schema:
    version: int
    block: SchemaBlock


@dataclass(frozen=True)
class Schemas:
    """What the vendored file holds; `source` names the two releases that it was taken from."""

    source: str
    provider: Schema
    resources: Mapping[str, Schema]
    data_sources: Mapping[str, Schema]


def _block(facts: Mapping[str, Any]) -> SchemaBlock:
    return SchemaBlock(
        attributes={name: Attribute(**entry) for name, entry in facts.get("attributes", {}).items()},
        blocks={
            name: Nested(entry["nesting"], _block(entry["block"]), entry.get("min_items", 0), entry.get("max_items", 0))
            for name, entry in facts.get("blocks", {}).items()
        },
    )


def _schema(facts: Mapping[str, Any]) -> Schema:
    return Schema(facts.get("version", 0), _block(facts["block"]))


@cache
def read_vendored() -> Schemas:
    """The schemas of `aws_schema.json`, which `tests/sandbox/provider/vendor.py` writes."""
    facts = json.loads(files("hybridctl.sandbox.provider").joinpath("aws_schema.json").read_bytes())
    return Schemas(
        source=facts["source"],
        provider=_schema(facts["provider"]),
        resources={name: _schema(entry) for name, entry in facts["resources"].items()},
        data_sources={name: _schema(entry) for name, entry in facts["data_sources"].items()},
    )


def _block_message(block: SchemaBlock) -> pb.Schema.Block:
    return pb.Schema.Block(
        attributes=[
            pb.Schema.Attribute(
                name=name,
                type=json.dumps(entry.type, separators=(",", ":")).encode(),
                required=entry.required,
                optional=entry.optional,
                computed=entry.computed,
                sensitive=entry.sensitive,
            )
            for name, entry in block.attributes.items()
        ],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                nesting=NESTING[nested.nesting],
                block=_block_message(nested.block),
                min_items=nested.min_items,
                max_items=nested.max_items,
            )
            for name, nested in block.blocks.items()
        ],
    )


def message(schema: Schema) -> pb.Schema:
    """The schema as the plugin protocol sends it."""
    return pb.Schema(version=schema.version, block=_block_message(schema.block))
