"""The file of a reviewed plan, and the package that comes out of it again."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hybridctl.adapters.packaging.artifacts import LambdaPackage
from hybridctl.adapters.plan_file import PlanArchive
from hybridctl.domain.reviewed_plan import Ground, ReviewedPlan, find_differences
from hybridctl.errors import BuildFailed, ConfigurationInvalid, FileUnwritable

GROUND = Ground("staging", "111122223333", "us-east-1", "b" * 16, "sha", "c0ffee", "terraform 1.11.4", "line", 3)
PLAN = ReviewedPlan(GROUND, "ada", datetime(2026, 3, 1, tzinfo=UTC), b"plan", b"zip", b"locks", {"a": "1"})


def test_what_was_written_is_read_again_and_only_by_its_owner(tmp_path: Path):
    path = tmp_path / "release.plan"
    PlanArchive().write(path, PLAN)
    assert replace(PlanArchive().read(path), digest="") == PLAN
    assert path.stat().st_mode & 0o777 == 0o600
    PlanArchive().write(path, replace(PLAN, locks=None))
    assert PlanArchive().read(path).locks is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["release.plan"]


def test_a_file_of_another_kind_is_named_once(tmp_path: Path):
    path = tmp_path / "README.md"
    path.write_bytes(b"no zip")
    with pytest.raises(
        ConfigurationInvalid, match=r"^\S+README\.md is not a plan of this hybridctl: it is not a zip file$"
    ):
        PlanArchive().read(path)


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_what_is_not_a_plan_is_reported(tmp_path: Path, content: bytes | None):
    path = tmp_path / "release.plan"
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("plan.json", "{}")
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigurationInvalid, match=r"release\.plan is not a plan of this hybridctl"):
        PlanArchive().read(path)
    with pytest.raises(ConfigurationInvalid, match="No such file"):
        PlanArchive().read(tmp_path / "none")


def test_a_plan_that_cannot_be_written_is_named(tmp_path: Path):
    with pytest.raises(FileUnwritable, match=r"none/release\.plan"):
        PlanArchive().write(tmp_path / "none" / "release.plan", PLAN)


def test_everything_that_changed_is_named():
    assert find_differences(GROUND, GROUND) == []
    assert find_differences(GROUND, replace(GROUND, serial=4, lineage="", commit="beef")) == [
        "commit: c0ffee → beef",
        "lineage: line → none",
        "serial: 3 → 4",
    ]


def test_a_package_is_put_back_as_it_was_built(tmp_path: Path):
    source = tmp_path / "source"
    (source / "backend").mkdir(parents=True)
    (source / "backend" / "entry.py").write_text("def handle(event, context):\n    return 1\n")
    package = LambdaPackage(source, tmp_path / "function.zip", "python3.13", "arm64", tmp_path / "work", {})
    built = package.build()
    content = package.content()
    (source / "backend" / "entry.py").write_text("def handle(event, context):\n    return 2\n")
    assert package.build().sha256 != built.sha256
    (tmp_path / "kept.zip").write_bytes(content)
    assert package.take(tmp_path / "kept.zip").sha256 == built.sha256
    with pytest.raises(ConfigurationInvalid, match=r"none\.zip: No such file"):
        package.take(tmp_path / "none.zip")
    restored = package.restore(content)
    assert (restored.build, restored.sha256, restored.size) == (built.build, built.sha256, built.size)
    assert (restored.files, restored.unpacked) == (built.files, built.unpacked)
    assert package.build().sha256 != built.sha256, "the source has not been put back"
    with pytest.raises(BuildFailed, match=r"^reading the package: it is not a zip file$"):
        package.restore(b"no zip")
    others = io.BytesIO()
    zipfile.ZipFile(others, "w").close()
    with pytest.raises(BuildFailed, match=r"^this zip has no build\.json of hybridctl$"):
        package.restore(others.getvalue())
    assert package.content() != b"no zip"
