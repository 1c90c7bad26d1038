"""A change of the emulator is named at once."""

from types import ModuleType

import pytest

from hybridctl.sandbox.cloud import emulator


def test_the_emulator_is_the_one_that_was_tested():
    assert emulator.version() == emulator.TESTED


def _make_moved_module(*names):
    module = ModuleType("ministack.services.moved")
    for name in names:
        setattr(module, name, lambda changed: changed)
    return module


def test_a_function_that_has_gone_is_named():
    with pytest.raises(emulator.EmulatorChanged, match=r"has no ministack\.services\.moved\._invoke"):
        emulator.replace(_make_moved_module(), "_invoke", "name event", lambda original: original)


def test_a_function_that_takes_something_else_is_named():
    with pytest.raises(emulator.EmulatorChanged, match=r"takes \(changed\); tested with .*: \(name event\)"):
        emulator.replace(_make_moved_module("_invoke"), "_invoke", "name event", lambda original: original)
