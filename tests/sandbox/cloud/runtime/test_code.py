"""Unpacked packages: once for each content, never removed under an environment, and not kept for ever."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from hybridctl.sandbox.cloud.runtime import code
from hybridctl.sandbox.cloud.runtime.code import KEPT, release, unpack


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(code, "_used", code._used.copy())
    (tmp_path / "tmp").mkdir()
    return tmp_path / "tmp" / "code"


def package(number: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("m.py", f"NUMBER = {number}")
    return content.getvalue()


def test_a_package_is_unpacked_once(scratch: Path):
    assert unpack(package(1), "one") == unpack(package(1), "one")
    assert [path.name for path in scratch.iterdir()] == ["one"]


def test_of_those_that_nothing_uses_the_last_ones_stay(scratch: Path):
    kept = [unpack(package(0), "in-use")]
    for number in range(3 * KEPT):
        made = unpack(package(number), f"digest-{number:02}")
        os.utime(made, (number, number))
        release(made)
    left = sorted(path.name for path in scratch.iterdir())
    assert "in-use" in left
    assert kept[0].joinpath("m.py").exists()
    assert len(left) <= KEPT + 2
    assert f"digest-{3 * KEPT - 1:02}" in left
    assert "digest-00" not in left
    release(kept[0])
    again = unpack(package(0), "digest-00")
    assert again.joinpath("m.py").read_text() == "NUMBER = 0"
