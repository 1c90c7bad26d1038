"""Checks that source files compile, and which names a module binds. The function's own Python runs this file, if
available.

`python compile_check.py` reads {"files": {NAME: LATIN-1 TEXT}, "module": NAME OR NULL, "minor": NUMBER} as JSON and
writes the result of `check`. It imports only the standard library and uses no syntax newer than Python 3.9.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from typing import Any, Mapping  # noqa: UP035  (Python 3.8's name for it)


def check(files: Mapping[str, bytes], module: str | None, minor: int) -> dict[str, Any]:
    """Return the first file that does not compile as {"file", "line", "message"}, and the names that `module` binds.

    `minor` is the Python version for the grammar; this interpreter's version is the newest that it can parse.
    """
    problem: dict[str, Any] | None = None
    names: list[str] | None = None
    for name in sorted(files):
        content = files[name]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(content, filename=name, feature_version=(3, minor))
                compile(tree, name, "exec", dont_inherit=True)  # finds errors such as `return` outside a function
        except SyntaxError as cause:
            problem = {"file": name, "line": cause.lineno or 1, "message": cause.msg}
        except (ValueError, RecursionError) as cause:  # a null byte; nested too deeply
            problem = {"file": name, "line": 0, "message": str(cause)}
        if problem:
            break
        if name == module:
            names = sorted(find_bound_names(tree))
    return {"problem": problem, "names": names}


def find_bound_names(tree: ast.AST) -> set[str]:
    """Return the names that a module's own statements bind, without names inside functions and classes."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        else:
            names |= find_bound_names(node)
    return names


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    contents = {name: text.encode("latin-1") for name, text in asked["files"].items()}
    json.dump(check(contents, asked["module"], asked["minor"]), sys.stdout)
