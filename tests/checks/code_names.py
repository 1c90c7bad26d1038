"""Names in the source that do not say what they name: functions called by a participle, two classes of one name."""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_DEFINED = re.compile(r"\bdef (\w+)")
_VALUES = frozenset({"property", "cached_property", "setter", "fixture"})


@cache
def rules() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))


def is_participle(word: str) -> bool:
    if word in rules()["verbs"]:
        return False
    return word in rules()["irregular"] or (word.endswith("ed") and len(word) > 3)


def functions_named_by_a_participle(path: Path, text: str) -> Iterator[str]:
    """Functions whose first word is a participle, such as `judged` or `_told_live`; not properties or fixtures."""
    if not any(map(_has_participle, _DEFINED.findall(text))):
        return  # most files: nothing has to be parsed
    for node in ast.walk(ast.parse(text)):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and _has_participle(node.name) and not _is_value(node):
            yield f"{path}:{node.lineno}: {node.name}"


def _has_participle(function: str) -> bool:
    is_known = function in rules()["functions"] or function.startswith("__")
    return not is_known and is_participle(function.strip("_").partition("_")[0])


def classes_defined_twice(sources: Mapping[Path, str]) -> Mapping[str, Sequence[str]]:
    """Each class name that more than one module defines, with those modules; private classes stay in theirs."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.as_posix())
    return {name: sorted(paths) for name, paths in found.items() if len(paths) > 1}


def _is_value(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = {ast.unparse(one).partition("(")[0].rpartition(".")[2] for one in node.decorator_list}
    return bool(names & _VALUES)
