"""Apply the parts of an update expression as DynamoDB does: by the item's state before it, on paths that exist.

Source: amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html; the message is DynamoDB's.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hybridctl.sandbox.cloud import emulator

ItemPath = Sequence[str | int]
Tokens = list[tuple[str, Any]]

_INVALID_PATH = "The document path provided in the update expression is invalid for update"


class Updates:
    """The emulator's REMOVE, ADD and DELETE, completed."""

    def __init__(self) -> None:
        self._parts = emulator.service(
            "dynamodb", "_get_at_path", "_parse_path_from_tokens", "_remove_at_path", "_split_by_comma"
        )

    def install(self) -> None:
        module = self._parts.module
        emulator.substitute(module, "_apply_remove", "item tokens attr_names updated_attrs", self._remove)
        for name in ("_apply_add", "_apply_delete"):
            emulator.replace(module, name, "item tokens attr_values attr_names updated_attrs", self._change_set)

    def _remove(self, item: dict[str, Any], tokens: Tokens, names: Any, updated: set[Any]) -> None:
        """Remove the last elements of a list first: every index is that of the list before the update."""
        paths = [self._parts["_parse_path_from_tokens"](part, names) for part in self._parts["_split_by_comma"](tokens)]
        self._check(item, paths)
        for path in sorted(paths, key=_order, reverse=True):
            self._parts["_remove_at_path"](item, path)
            updated.add(tuple(path))

    def _change_set(
        self, original: Callable[..., None], item: dict[str, Any], tokens: Tokens, values: Any, names: Any, updated: Any
    ) -> None:
        parts = [
            [token for token in part if token[0] != "VALUE_REF"] for part in self._parts["_split_by_comma"](tokens)
        ]
        self._check(item, [self._parts["_parse_path_from_tokens"](part, names) for part in parts])
        original(item, tokens, values, names, updated)

    def _check(self, item: dict[str, Any], paths: Sequence[ItemPath]) -> None:
        for path in paths:
            kind = "L" if isinstance(path[-1], int) else "M"
            if len(path) > 1 and kind not in (self._parts["_get_at_path"](item, path[:-1]) or {}):
                raise ValueError(_INVALID_PATH)


def _order(path: ItemPath) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in path]
