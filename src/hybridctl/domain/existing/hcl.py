"""HCL blocks, formatted like `terraform fmt`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Raw:
    """An expression that is written unchanged."""

    text: str


@dataclass(frozen=True, slots=True)
class HclBlock:
    """A block. Arguments with the value None are left out; nested blocks come last; `comment` is a line above the
    block.
    """

    head: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    blocks: tuple["HclBlock", ...] = ()
    comment: str = ""

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        if self.comment:
            yield f"# {self.comment}"
        given = {name: value for name, value in self.arguments.items() if value is not None}
        if not given and not self.blocks:
            yield f"{self.head} {{}}"
            return
        yield f"{self.head} {{"
        short = {name: value for name, value in given.items() if not _is_long(value)}
        yield from (f"  {line}" for line in _align(short))
        is_first = not short
        for name in (name for name in given if name not in short):
            if not is_first:
                yield ""
            is_first = False
            yield from (f"  {line}".rstrip() for line in _long(name, given[name]))
        for block in self.blocks:
            if not is_first:
                yield ""
            is_first = False
            yield from (f"  {line}".rstrip() for line in block.lines())
        yield "}"


def literal(text: str) -> str:
    """Return an HCL string with this text. HCL uses JSON's escapes; `${` and `%{`, which start templates, are escaped
    too.
    """
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def expression(value: Any) -> str:
    """Return a value as one line of HCL."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, Mapping) and not value:
        return "{}"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(name)} = {expression(one)}' for name, one in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(expression, value))}]"
    return json.dumps(value)


def _is_long(value: Any) -> bool:
    """Return whether a value needs several lines: a map with members, or a list that makes a long line."""
    if isinstance(value, Mapping):
        return bool(value)
    return isinstance(value, list | tuple) and len(expression(value)) > 80


def _long(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield f"{name} = {{"
        yield from (f"  {line}" for line in _align({_key(key): one for key, one in value.items()}))
        yield "}"
        return
    yield f"{name} = ["
    yield from (f"  {expression(one)}," for one in value)
    yield "]"


def _align(arguments: Mapping[str, Any]) -> Iterator[str]:
    width = max(map(len, arguments), default=0)
    yield from (f"{name:<{width}} = {expression(value)}" for name, value in arguments.items())


def _key(name: str) -> str:
    return name if name.replace("_", "a").isalnum() and not name[0].isdigit() and name.isascii() else literal(name)
