"""The resources that the files of a Terraform root declare, read without running Terraform.

Known are literals, and variables that files set or that have a default, also if they are passed to a module.
Expressions are left to Terraform, so the result is a part of its plan; a test compares them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybridctl.adapters.terraform.hcl import HclReader, NoLiteral, NotReadable
from hybridctl.adapters.terraform.variables import read_values
from hybridctl.errors import ConfigurationInvalid, FileUnreadable
from hybridctl.files import read_text

_VARIABLE = re.compile(r"var\.([A-Za-z_][\w-]*)(?![\w.\[-])")
_DEEPEST = 5  # levels of nested modules


@dataclass(frozen=True, slots=True)
class _Variable:
    """A value that is only a variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a .tf file. `unknown` are the values that only Terraform can evaluate."""

    kind: str
    labels: tuple[str, ...]
    values: Mapping[str, Any]
    unknown: frozenset[str]
    blocks: tuple["Block", ...]


def read_declared_resources(root: Path) -> list[dict[str, Any]]:
    """Return address, type and known values of the root's resources, as in a plan's JSON; nothing if it cannot be
    read.
    """
    try:
        return list(_resources(root, dict(read_values(root).known), "", 0))
    except (FileUnreadable, ConfigurationInvalid, NotReadable, RecursionError):
        return []


def read_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a .tf file. Raises NotReadable."""
    reader = HclReader(text.removeprefix("\ufeff"))
    return _take_body(reader, "", ()).blocks


def _take_body(reader: HclReader, kind: str, labels: tuple[str, ...]) -> Block:
    values: dict[str, Any] = {}
    unknown, blocks = set(), []
    while reader.skip_lines() and not reader.take("}"):
        name = reader.take_name()
        if name is None:
            raise NotReadable(f"line {reader.line}: neither a value nor a block")
        reader.skip()
        if reader.take("="):
            try:
                values[name] = _take_value(reader)
            except NoLiteral:
                unknown.add(name)
            continue
        inner = []
        while (label := reader.take_label()) is not None:
            inner.append(label)
        if not reader.take("{"):
            raise NotReadable(f"line {reader.line}: no block")
        blocks.append(_take_body(reader, name, tuple(inner)))
    return Block(kind, labels, values, frozenset(unknown), tuple(blocks))


def _take_value(reader: HclReader) -> Any:
    """Read a literal or a variable. Raises NoLiteral for any other expression and moves the reader behind it."""
    reader.skip()
    start = reader.at
    try:
        if found := _VARIABLE.match(reader.text, start):
            reader.at = found.end()
            value: Any = _Variable(found[1])
        else:
            value = reader.take_value()
        if not reader.is_at_line_end() and not reader.text.startswith("}", reader.at):
            raise NoLiteral
    except NoLiteral:
        reader.at = start
        reader.skip_expression()
        raise
    return value


def _resources(folder: Path, given: Mapping[str, Any], within: str, depth: int) -> Iterator[dict[str, Any]]:
    blocks = [block for path in sorted(folder.glob("*.tf")) for block in read_blocks(read_text(path))]
    defaults = {
        block.labels[0]: block.values["default"]
        for block in blocks
        if block.kind == "variable" and block.labels and "default" in block.values
    }
    variables = {name: value for name, value in {**defaults, **given}.items() if value is not _UNKNOWN}
    for block in blocks:
        if block.kind == "resource" and len(block.labels) == 2:
            kind, name = block.labels
            yield {"address": f"{within}{kind}.{name}", "type": kind, "values": _read_known(block, variables)}
        elif block.kind == "module" and block.labels and depth < _DEEPEST:
            source = str(block.values.get("source"))
            if source.startswith(("./", "../")) and (folder / source).is_dir():
                handed = {**dict.fromkeys(block.unknown, _UNKNOWN), **_settle(block.values, variables)}
                yield from _resources(folder / source, handed, f"{within}module.{block.labels[0]}.", depth + 1)


_UNKNOWN = object()


def _settle(values: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Replace variables by their values, or by a mark for unknown values."""
    return {
        name: variables.get(value.name, _UNKNOWN) if isinstance(value, _Variable) else value
        for name, value in values.items()
    }


def _read_known(block: Block, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known values of a block, with nested blocks as lists, as in a plan. Kinds with a dynamic block are
    left out.
    """
    found = {name: value for name, value in _settle(block.values, variables).items() if value is not _UNKNOWN}
    dynamic = {inner.labels[0] for inner in block.blocks if inner.kind == "dynamic" and inner.labels}
    for inner in block.blocks:
        if inner.kind not in (*dynamic, "dynamic"):
            found.setdefault(inner.kind, []).append(_read_known(inner, variables))
    return found
