"""A real disk that is full: a deploy says so, leaves nothing broken, and goes on once there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.conftest import Clone, copy_deployed, fresh_clone


@pytest.fixture
def small(tmp_path: Path, template: Path) -> Iterator[tuple[Clone, Path]]:
    """A checkout with version 1 deployed whose `.hybridctl` is a disk of 60 MB, and that disk."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this user cannot mount a small disk: {mounted.stderr.decode().strip()}")
    clone = fresh_clone(tmp_path)
    try:
        copy_deployed(template, clone)
        (clone.root / ".hybridctl").rename(clone.root / ".moved")
        subprocess.run(["cp", "-a", f"{clone.root}/.moved/.", str(disk)], check=True)
        (clone.root / ".hybridctl").symlink_to(disk, target_is_directory=True)
        clone.must("sandbox", "start")
        yield clone, disk
    finally:
        clone.run("sandbox", "stop")
        subprocess.run(["umount", "-l", str(disk)], check=False)


def fill(disk: Path, free: int) -> None:
    """Leave that many bytes free."""
    with (disk / "filling").open("wb") as file:
        found = os.statvfs(disk)
        file.write(b"\0" * (found.f_bavail * found.f_frsize - free))


def test_a_full_disk_is_named_and_leaves_nothing_broken(small: tuple[Clone, Path]) -> None:
    clone, disk = small
    for free in (0, 128 * 1024):
        clone.edit("lambda_src/backend/names.py", lambda text, free=free: f"{text}\n# {free}\n")
        fill(disk, free)
        ran = clone.run("deploy", "local")
        assert ran.code == 1
        assert "disk is full" in ran.err
        assert "df -h" in ran.err
        assert "Traceback" not in ran.all
        (disk / "filling").unlink()
        assert clone.live_version() == "1"
    clone.must("deploy", "local")
    assert clone.must("status", "local").out.startswith("healthy")
