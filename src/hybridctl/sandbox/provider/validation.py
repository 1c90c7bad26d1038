"""What is refused before planning: arguments the sandbox does not carry out, wrong choices, conflicts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hybridctl.sandbox.provider import json_text
from hybridctl.sandbox.provider.resource import ENGINES, Path, Problem, SchemaType
from hybridctl.sandbox.provider.schema import SchemaBlock
from hybridctl.sandbox.provider.values import UNKNOWN, Values, is_blank


def problems(entry: SchemaType, block: SchemaBlock, config: Values) -> Iterator[Problem]:
    """Return every reason why this configuration of `entry` cannot be planned.

    Terraform validates a module before it knows the module's variables, so a value that is not known yet is not judged.
    """
    yield from find_unimplemented(entry.type_name, block, config, entry.implements | ENGINES, entry.defaults)
    yield from _inside(entry, block, config, "", ())
    for names in entry.conflicts:
        given = [name for name in names if config.get(name) not in (None, [], UNKNOWN)]
        if len(given) > 1:
            others = ", ".join(given[1:])
            yield Problem(
                "Conflicting configuration arguments", f'"{given[0]}": conflicts with {others}', path=(given[0],)
            )
    for name in entry.documents:
        yield from json_text.problem(config, name)
    yield from entry.validate(config)


def find_unimplemented(
    owner: str, block: SchemaBlock, config: Values, implemented: Iterable[str], defaults: Mapping[str, Any]
) -> Iterator[Problem]:
    """Return a problem for each argument that is set but not implemented; switching a feature off is allowed."""
    for name in _settable(block):
        value = config.get(name)
        if name not in implemented and value is not UNKNOWN and not (is_blank(value) and not defaults.get(name)):
            yield not_here(owner, name, (name,))


def unknown_unimplemented(entry: SchemaType, block: SchemaBlock, config: Values) -> Iterator[Problem]:
    """Return a problem for each argument that is not implemented and whose value is known only after apply."""
    for name in _settable(block):
        if name not in entry.implements | ENGINES and config.get(name) is UNKNOWN:
            yield not_here(entry.type_name, name, (name,))


def _settable(block: SchemaBlock) -> list[str]:
    return [name for name, entry in block.attributes.items() if entry.is_settable] + list(block.blocks)


def _inside(entry: SchemaType, block: SchemaBlock, config: Values, prefix: str, path: Path) -> Iterator[Problem]:
    for name in block.attributes:
        value = config.get(name)
        dotted = prefix + name
        if dotted in entry.refuses and value is not UNKNOWN and not is_blank(value):
            yield not_here(entry.type_name, dotted, (*path, name))
        if value is not None and value is not UNKNOWN and (text := _describe_wrong(entry, dotted, value)):
            yield Problem(text, path=(*path, name))
    for name, nested in block.blocks.items():
        value = config.get(name)
        if prefix + name in entry.refuses and value:
            yield not_here(entry.type_name, prefix + name, (*path, name))
        if isinstance(value, list):
            for index, item in enumerate(value):
                if item is not UNKNOWN:
                    inner: Path = (*path, name, index) if nested.nesting == "list" else path
                    yield from _inside(entry, nested.block, item, f"{prefix}{name}.", inner)


def _describe_wrong(entry: SchemaType, dotted: str, value: Any) -> str:
    """Why this value of an argument is refused; "" where it is not."""
    if dotted in entry.choices and value not in entry.choices[dotted]:
        choices = " ".join(f'"{choice}"' for choice in entry.choices[dotted])
        return f"expected {dotted} to be one of [{choices}], got {value}"
    if dotted in entry.patterns and not re.fullmatch(entry.patterns[dotted][1], value):
        return f"invalid {entry.patterns[dotted][0]}: {value}"
    if dotted in entry.ranges and (bounds := describe_bounds(value, *entry.ranges[dotted])):
        return f"expected {dotted} to be {bounds}, got {value}"
    if dotted in entry.lengths and (bounds := describe_bounds(len(value), *entry.lengths[dotted])):
        return f"expected length of {dotted} to be {bounds}, got {value}"
    return ""


def describe_bounds(number: float, least: int, most: int | None) -> str:
    """Where the number should be; "" where it is there."""
    if most is None:
        return "" if number >= least else f"at least ({least})"
    return "" if least <= number <= most else f"in the range ({least} - {most})"


def not_here(owner: str, name: str, path: Path) -> Problem:
    """Return the refusal of an argument, or of a value, that the sandbox does not implement."""
    return Problem(
        f"the sandbox does not implement {name} of {owner}",
        "The local environment's provider refuses what it would otherwise ignore. "
        "Leave the argument out here, or deploy with the real provider.",
        path,
    )
