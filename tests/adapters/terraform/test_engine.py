"""Which engine is used: the one on PATH, a named one or the bundled one."""

import sys
from pathlib import Path

import pytest

from adapters.terraform.test_cli import script
from hybridctl.adapters.terraform import engine
from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.errors import EngineMissing


def engine_saying(tmp_path: Path, version: str) -> Path:
    return script(tmp_path / "terraform", f'echo \'{{"terraform_version": "{version}"}}\'')


def test_the_engine_on_path_is_used(tmp_path):
    engine_saying(tmp_path, "1.11.4")
    found = find_engine(None, {"PATH": str(tmp_path)})
    assert (found.version, found.bundled) == ("1.11.4", False)


def test_an_engine_that_is_too_old_gives_way_to_the_bundled_one(tmp_path):
    engine_saying(tmp_path, "1.9.8")
    found = find_engine(None, {"PATH": str(tmp_path)})
    assert found.bundled
    assert found.argv[0] == sys.executable


def test_an_unsuitable_engine_that_was_named_is_reported(tmp_path):
    engine_saying(tmp_path, "1.9.8")
    with pytest.raises(EngineMissing, match=r"1\.9\.8 is older than 1\.10"):
        find_engine(str(tmp_path / "terraform"), {"PATH": str(tmp_path)})


def test_a_bundled_engine_that_does_not_start_is_named(monkeypatch):
    """As on a machine without memory for it."""
    monkeypatch.setattr(engine, "_BUNDLED", (sys.executable, "-c", "raise MemoryError"))
    with pytest.raises(EngineMissing, match=r"bundled: did not print its version \(CalledProcessError\)"):
        engine.find_engine("bundled", {"PATH": ""})
