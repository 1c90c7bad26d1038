"""Arguments and results of Terraform as members of AWS's requests and answers: `max_age` is MaxAge.

Blocks are structures where the schema has at most one of them, otherwise lists of structures. `names` are the members
that AWS spells otherwise, by the path of the argument ("metric.stat").
"""

from collections.abc import Iterable, Mapping
from typing import Any

from hybridctl.sandbox.provider.schema import SchemaBlock
from hybridctl.sandbox.provider.values import Values, drop_empty


def member_of(argument: str, names: Mapping[str, str], prefix: str = "") -> str:
    return names.get(prefix + argument) or "".join(part.capitalize() for part in argument.split("_"))


def write_members(
    block: SchemaBlock, values: Values, names: Mapping[str, str], arguments: Iterable[str] = (), prefix: str = ""
) -> dict[str, Any]:
    """The members of a request that these arguments set (all of the block, unless named); empty ones are left out."""
    request = {}
    for name in arguments or (*block.attributes, *block.blocks):
        value = values[name]
        if name in block.blocks:
            nested, path = block.blocks[name], f"{prefix}{name}."
            items = [write_members(nested.block, item, names, prefix=path) for item in value or ()]
            value = items if nested.max_items != 1 else items[0] if items else None
        request[member_of(name, names, prefix)] = value
    return drop_empty(request)


def read_members(
    block: SchemaBlock, answer: Mapping[str, Any], names: Mapping[str, str], skip: Iterable[str] = (), prefix: str = ""
) -> Values:
    """What an answer says of the block, null, false or empty where it says nothing, without the names in `skip`."""
    skipped = frozenset(skip)
    values: Values = {}
    for name, attribute in block.attributes.items():
        if name not in skipped:
            values[name] = answer.get(member_of(name, names, prefix), False if attribute.type == "bool" else None)
    for name, nested in block.blocks.items():
        if name not in skipped:
            content = answer.get(member_of(name, names, prefix))
            items = [content] if isinstance(content, Mapping) else content or []
            blocks = [read_members(nested.block, item, names, prefix=f"{prefix}{name}.") for item in items]
            values[name] = [block for block in blocks if drop_empty(block)]
    return values
