"""What S3 has answered for survives a full disk: it is written when there is room."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.services import s3

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.unsaved_objects import UnsavedObjects


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for the objects that cannot be written to until `make_room`."""
    full = tmp_path / "disk"
    full.write_text("")
    for name, value in {"DATA_DIR": str(full), "S3_PERSIST": True}.items():
        monkeypatch.setattr(s3, name, value)
    for name in ("_persist_object", "_persist_delete_marker"):  # restored afterwards
        monkeypatch.setattr(s3, name, getattr(s3, name))
    with emulator.as_owner():
        yield full
        s3._buckets.pop("b", None)
        s3._object_versions.pop(("b", "k"), None)


def make_room(disk: Path) -> None:
    disk.unlink()
    disk.mkdir()


def record(body: bytes | None) -> dict[str, Any]:
    return {"body": body, "version_id": "v1"}


def test_an_object_that_a_full_disk_refused_is_written_later(disk: Path) -> None:
    unsaved = UnsavedObjects()
    unsaved.install()
    s3._buckets["b"] = {"objects": {"k": record(b"the state")}}
    s3._persist_object("b", "k", s3._buckets["b"]["objects"]["k"])
    unsaved.write_again()
    make_room(disk)
    unsaved.write_again()
    assert Path(s3._object_disk_path("b", "k")).read_bytes() == b"the state"


def test_a_deletion_that_a_full_disk_refused_is_written_later(disk: Path) -> None:
    unsaved = UnsavedObjects()
    unsaved.install()
    s3._buckets["b"] = {"objects": {}}
    marker = {"version_id": "v2", "is_delete_marker": True}
    s3._object_versions[("b", "k")] = [marker]
    s3._persist_delete_marker("b", "k", marker)
    make_room(disk)
    unsaved.write_again()
    assert "v2" in Path(s3._object_disk_path("b", "k") + ".meta.json").read_text()


def test_an_object_of_a_deleted_bucket_is_forgotten(disk: Path) -> None:
    unsaved = UnsavedObjects()
    unsaved.install()
    s3._persist_object("b", "k", record(b"x"))
    make_room(disk)
    unsaved.write_again()
    assert not list(disk.rglob("k*"))
