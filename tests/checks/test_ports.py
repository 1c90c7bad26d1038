"""Operations name the ports that they use; only commands open all of them."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import hybridctl.operations
import hybridctl.ports
from hybridctl.wiring.backend import RealBackend

OPERATIONS = sorted(Path(hybridctl.operations.__path__[0]).glob("*.py"))
FAMILIES = [module.name for module in pkgutil.iter_modules(hybridctl.ports.__path__)]


def find_opened_ports():
    """The names of everything that an environment opens."""
    backend = importlib.import_module("hybridctl.ports.backend").Backend
    return {name for kind in backend.__mro__ for name in vars(kind) if not name.startswith("_")}


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_an_operation_takes_the_ports_that_it_uses(path):
    text = path.read_text()
    assert "Backend" not in text, f"{path.name} takes all of an environment: declare the ports that it uses"


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_an_operation_declares_no_port_that_it_does_not_use(path):
    text = path.read_text()
    declared = [
        part.strip()
        for bases in re.findall(r"^class \w+Ports\(([^)]*)\):", text, re.M)
        for part in bases.split(",")
        if part.strip().startswith("Has")
    ]
    module = importlib.import_module(f"hybridctl.operations.{path.stem}")
    names = {has: [name for name in vars(getattr(module, has)) if not name.startswith("_")] for has in declared}
    unused = [has for has, members in names.items() if not any(re.search(rf"\.{name}\b", text) for name in members)]
    assert unused == [], f"{path.name} declares {', '.join(unused)}, and does not use it"


@pytest.mark.parametrize("family", FAMILIES)
def test_what_has_a_port_offers_nothing_else(family):
    module = importlib.import_module(f"hybridctl.ports.{family}")
    for name, kind in inspect.getmembers(module, inspect.isclass):
        if name.startswith("Has") and kind.__module__ == module.__name__:
            assert len([one for one in vars(kind) if not one.startswith("_")]) == 1, name


def test_an_environment_opens_what_commands_may_ask_for_and_nothing_else():
    offered = {name for kind in RealBackend.__mro__ for name in vars(kind) if not name.startswith("_")}
    assert offered == find_opened_ports()


def test_no_class_of_the_wiring_opens_more_than_ten_ports():
    for kind in RealBackend.__mro__:
        assert len([name for name in vars(kind) if not name.startswith("_")]) <= 10, kind.__name__
