"""What is refused before planning: arguments the sandbox does not carry out, wrong choices, conflicts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hybridctl.sandbox.provider.resource import DataSource, Path, Problem, ResourceType
from hybridctl.sandbox.provider.schema import SchemaBlock
from hybridctl.sandbox.provider.values import UNKNOWN, Values, is_blank

ENGINES = frozenset({"id", "tags", "tags_all", "timeouts"})


def problems(entry: ResourceType | DataSource, block: SchemaBlock, config: Values) -> Iterator[Problem]:
    """Every reason why this configuration of `entry` cannot be planned.

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
    yield from entry.validate(config)


def find_unimplemented(
    owner: str, block: SchemaBlock, config: Values, implemented: Iterable[str], defaults: Mapping[str, Any]
) -> Iterator[Problem]:
    """One problem for each argument that is set and not implemented; switching a missing feature off is fine."""
    for name in _settable(block):
        value = config.get(name)
        if name not in implemented and value is not UNKNOWN and not (is_blank(value) and not defaults.get(name)):
            yield not_here(owner, name, (name,))


def unknown_unimplemented(entry: ResourceType, block: SchemaBlock, config: Values) -> Iterator[Problem]:
    """One problem for each argument that is not implemented and will have a value that a plan does not know."""
    for name in _settable(block):
        if name not in entry.implements | ENGINES and config.get(name) is UNKNOWN:
            yield not_here(entry.type_name, name, (name,))


def _settable(block: SchemaBlock) -> list[str]:
    return [name for name, entry in block.attributes.items() if entry.is_settable] + list(block.blocks)


def _inside(
    entry: ResourceType | DataSource, block: SchemaBlock, config: Values, prefix: str, path: Path
) -> Iterator[Problem]:
    for name in block.attributes:
        value = config.get(name)
        dotted = prefix + name
        if dotted in entry.refuses and value is not UNKNOWN and not is_blank(value):
            yield not_here(entry.type_name, dotted, (*path, name))
        allowed = entry.choices.get(dotted)
        if allowed is not None and value is not None and value is not UNKNOWN and value not in allowed:
            choices = " ".join(f'"{choice}"' for choice in allowed)
            yield Problem(f"expected {dotted} to be one of [{choices}], got {value}", path=(*path, name))
    for name, nested in block.blocks.items():
        value = config.get(name)
        if prefix + name in entry.refuses and value:
            yield not_here(entry.type_name, prefix + name, (*path, name))
        if isinstance(value, list):
            for index, item in enumerate(value):
                if item is not UNKNOWN:
                    inner: Path = (*path, name, index) if nested.nesting == "list" else path
                    yield from _inside(entry, nested.block, item, f"{prefix}{name}.", inner)


def too_long(config: Values, **lengths: tuple[int, int]) -> Iterator[Problem]:
    """One problem for each text whose length is not in its range."""
    for name, (least, most) in lengths.items():
        value = config[name]
        if isinstance(value, str) and not least <= len(value) <= most:
            text = f"expected length of {name} to be in the range ({least} - {most}), got {value}"
            yield Problem(text, path=(name,))


def not_here(owner: str, name: str, path: Path) -> Problem:
    """The refusal of an argument, or of one of its values, that the sandbox does not carry out."""
    return Problem(
        f"the sandbox does not implement {name} of {owner}",
        "The local environment's provider refuses what it would otherwise ignore. "
        "Leave the argument out here, or deploy with the real provider.",
        path,
    )
