"""Each command's view has the command's name, and showing its result imports no other command's."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import hybridctl.views
from hybridctl.commands.tree import SUMMARIES
from hybridctl.views.registry import view_of
from hybridctl.views.render import as_json, render

# What results of several commands have in common, and what is shown of a part of one.
SHARED = {"environment", "log_query", "money", "release", "revoke_sessions", "watch"}


def modules():
    return [module.name for module in pkgutil.iter_modules(hybridctl.views.__path__)]


def list_views():
    """Each type that has a renderer, and the view that it is in."""
    for name in modules():
        importlib.import_module(f"hybridctl.views.{name}")
    for registry in (render.registry, as_json.registry):
        yield from ((kind, view.__module__.rpartition(".")[2]) for kind, view in registry.items() if kind is not object)


def find_misnamed(views):
    """Views that are named as no command."""
    return set(views) - set(SUMMARIES) - SHARED


def test_a_view_is_named_as_its_command():
    assert find_misnamed(view for _, view in list_views()) == set()


def test_a_view_of_another_name_is_found():
    assert find_misnamed(["deploy", "release_helper"]) == {"release_helper"}


@pytest.mark.parametrize("command", sorted(set(SUMMARIES) - {"logs", "help"}), ids=str)
def test_every_command_has_its_view(command):
    assert command in modules()


def test_the_view_of_each_result_is_where_it_is_looked_for():
    assert [(kind, view) for kind, view in list_views() if view_of(kind.__module__, kind.__qualname__) != view] == []


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        ("hybridctl.operations.rollback.RolledBack", {"deploy", "status", "sessions", "cost", "metrics"}),
        ("hybridctl.operations.deploy.Deployed", {"rollback", "status", "sessions", "cost", "metrics"}),
        ("hybridctl.domain.outputs.Outputs", {"deploy", "releases", "status", "sessions", "cost", "metrics"}),
    ],
    ids=lambda value: value.rpartition(".")[2] if isinstance(value, str) else "",
)
def test_showing_one_result_imports_no_other_commands_view(kind, others):
    module, _, name = kind.rpartition(".")
    program = (
        f"import sys; from {module} import {name} as kind; from hybridctl.views.registry import import_view_of\n"
        "import_view_of(kind); print(*(m.rpartition('.')[2] for m in sys.modules if m.startswith('hybridctl.views.')))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) & others == set()
