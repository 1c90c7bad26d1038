"""Every row of the parity page names a test that exists, and a change of the emulator is named at once."""

import ast
from pathlib import Path
from types import ModuleType

import pytest

from hybridctl.sandbox.cloud import emulator, gaps

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("node", sorted({gap.test for gap in gaps.read_gaps() if gap.test}))
def test_the_test_that_a_row_names_is_there(node):
    file, _, name = node.partition("::")
    tree = ast.parse((TESTS / file).read_text())
    assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_the_emulator_is_the_one_that_was_tested():
    assert emulator.version() == emulator.TESTED


def _moved(*names):
    module = ModuleType("ministack.services.moved")
    for name in names:
        setattr(module, name, lambda changed: changed)
    return module


def test_a_function_that_has_gone_is_named():
    with pytest.raises(emulator.EmulatorChanged, match=r"has no ministack\.services\.moved\._invoke"):
        emulator.replace(_moved(), "_invoke", "name event", lambda original: original)


def test_a_function_that_takes_something_else_is_named():
    with pytest.raises(emulator.EmulatorChanged, match=r"takes \(changed\); tested with .*: \(name event\)"):
        emulator.replace(_moved("_invoke"), "_invoke", "name event", lambda original: original)
