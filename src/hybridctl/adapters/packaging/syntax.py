"""Whether the handler's files compile, and whether the handler is among them: asked before anything is written."""

import ast
import sys
import warnings
from collections.abc import Iterable, Mapping

from hybridctl.adapters.packaging.source import SourceFile
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

_HINT = "correct it; the package was left as it was"


def must_compile(files: Iterable[SourceFile], target: Target, handler: str | None) -> None:
    """Raise BuildFailed with file, line and text of the first error, or when `package.module.function` is not there.

    The grammar is the runtime's as far as this Python's parser can tell: it holds newer syntax against an older
    runtime, but cannot read what is newer than itself, and then says so.
    """
    modules = {file.name: _compiled(file, target) for file in files if file.name.endswith(".py")}
    if handler:
        _must_have(modules, handler)


def _must_have(modules: Mapping[str, ast.Module], handler: str) -> None:
    path, _, function = handler.rpartition(".")
    stem = path.replace(".", "/")
    name = next((name for name in (f"{stem}.py", f"{stem}/__init__.py") if name in modules), None)
    if name is None:
        raise BuildFailed(f"the handler is {handler}, and there is no {stem}.py", hint="see `handler` in terraform/")
    defined = _names(modules[name])
    if function not in defined and not defined & {"*", "__getattr__"}:  # those may make any name at run time
        raise BuildFailed(f"the handler is {handler}, and {name} has no {function}", hint=_HINT)


def _compiled(file: SourceFile, target: Target) -> ast.Module:
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(file.content, filename=file.name, feature_version=(3, target.minor))
            compile(tree, file.name, "exec", dont_inherit=True)  # finds `return` outside a function, and the like
    except SyntaxError as cause:
        lines = file.content.decode(errors="replace").splitlines()
        number = cause.lineno or 1
        text = lines[number - 1].strip() if number <= len(lines) else ""
        ours = sys.version_info[1]
        doubt = "" if ours >= target.minor else f"checked by Python 3.{ours}, which may not know newer syntax: "
        raise BuildFailed(
            f"{file.name}:{number}: {cause.msg}{': ' if text else ''}{text}", hint=doubt + _HINT
        ) from cause
    except (ValueError, RecursionError) as cause:  # a null byte; nested too deep
        raise BuildFailed(f"{file.name}: {cause}", hint=_HINT) from cause
    return tree


def _names(tree: ast.AST) -> set[str]:
    """The names that a module's own statements bind; what is inside functions and classes does not count."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        else:
            names |= _names(node)
    return names
