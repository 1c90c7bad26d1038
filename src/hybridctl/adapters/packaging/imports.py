"""Finds the modules that source files import, without running them."""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def find_imports(files: Iterable[tuple[str, bytes]]) -> set[str]:
    """Return all dotted names that the files import, with their parents. Strings that look like a module's name count
    too.

    `files` are names in the zip with their contents. A file that cannot be parsed imports nothing.
    """
    names: set[str] = set()
    for name, content in files:
        if not name.endswith(".py"):
            continue
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(content)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for dotted in _find_imports_of(tree, name):
            parts = dotted.split(".")
            names |= {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return names


def _find_imports_of(tree: ast.AST, name: str) -> Iterator[str]:
    package = name.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" if module else alias.name for alias in node.names)
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value)
        ):  # an argument of import_module
            yield node.value
