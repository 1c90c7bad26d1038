"""Local files can be damaged in any way: a cache is made again, and anything else is named and kept."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.terraform.test_cli import cli, diagnostic, script
from adapters.terraform.test_cli import root as root  # noqa: PLC0414  a fixture
from adapters.terraform.test_cli_engines import make_root, quiet
from fakes.clock import NOON
from hybridctl.adapters import disk
from hybridctl.adapters.packaging.pip import Pip
from hybridctl.adapters.packaging.requirement_files import DeclaredRequirements
from hybridctl.adapters.terraform.cli import TerraformCli
from hybridctl.adapters.terraform.runs import Root
from hybridctl.domain.engine import PlanRequest
from hybridctl.domain.state_lock import StateLock
from hybridctl.domain.target import Target
from hybridctl.errors import DiskFull, EngineFailed, FileUnwritable, LockHeld, StateUnreadable
from hybridctl.files import write_failure

MODULE = 'module "one" {\n  source = "../../one"\n}\n'


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def make_folder(path: Path) -> None:
    path.unlink()
    (path / "x").mkdir(parents=True)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": truncate,
    "nul": lambda path: path.write_bytes(b"\0" * 400),
    "binary": lambda path: path.write_bytes(b"\xff\xfe\x80"),
    "list": lambda path: path.write_text("[]"),
    "null": lambda path: path.write_text("null"),
    "wrong types": lambda path: path.write_text('{"version": "x", "Modules": 7, "backend": []}'),
    "deep": lambda path: path.write_text("[" * 100_000),
    "folder": make_folder,
    "symlink loop": link_to_itself,
    "foreign": lambda path: path.write_text(
        '{"version": 9, "Modules": [{"Key": "", "Source": "", "Dir": "/nowhere"}]}'
    ),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a module and a local backend, after its init."""
    folder = tmp_path_factory.mktemp("made")
    found = make_root(folder, "bundled").folder
    (folder / "one").mkdir()
    (folder / "one" / "main.tf").write_text('resource "terraform_data" "x" {}\n')
    (found / "module.tf").write_text(f'terraform {{\n  backend "local" {{}}\n}}\n{MODULE}')
    engine_of(folder).init(quiet)
    return folder


def engine_of(folder: Path) -> TerraformCli:
    """The engine that hybridctl itself would use: the one on PATH, else the bundled one, which starts slowly."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return TerraformCli(Root("local", folder / "environments" / "local", folder / "data" / "local", {}, environ, None))


def read_cache(folder: Path) -> tuple[Any, Any]:
    """All that a plan takes from the cache: the backend, and where each module is."""
    data = folder / "data" / "local"
    backend = json.loads((data / "terraform.tfstate").read_text())["backend"]
    return backend, json.loads((data / "modules" / "modules.json").read_text())


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("name", ["terraform.tfstate", "modules/modules.json"])
def test_a_damaged_cache_of_terraform_is_made_again(made: Path, tmp_path: Path, name, damage):
    shutil.copytree(made, tmp_path / "w", symlinks=True)
    path = tmp_path / "w" / "data" / "local" / name
    damage(path)
    engine_of(tmp_path / "w").init(quiet)
    assert read_cache(tmp_path / "w") == read_cache(made)
    assert [one.name for one in (tmp_path / "w" / "data").iterdir() if "discarded" in one.name] == []


def test_a_cache_that_was_made_again_is_good_for_a_plan(made: Path, tmp_path: Path):
    shutil.copytree(made, tmp_path / "w", symlinks=True)
    for name in ("terraform.tfstate", "modules/modules.json"):
        truncate(tmp_path / "w" / "data" / "local" / name)
    engine = engine_of(tmp_path / "w")
    engine.init(quiet)
    assert engine.plan(PlanRequest(), quiet).changes.summary == "3 to add"


def test_a_data_folder_that_is_a_file_is_made_again(made: Path, tmp_path: Path):
    shutil.copytree(made, tmp_path / "w")
    shutil.rmtree(tmp_path / "w" / "data" / "local")
    (tmp_path / "w" / "data" / "local").write_text("x")
    engine_of(tmp_path / "w").init(quiet)


def test_a_workspace_that_someone_chose_there_is_forgotten(made: Path, tmp_path: Path):
    shutil.copytree(made, tmp_path / "w")
    (tmp_path / "w" / "data" / "local" / "environment").write_text("other")
    engine = engine_of(tmp_path / "w")
    engine.init(quiet)
    plan = engine.plan(PlanRequest(), quiet)
    engine.apply(plan, quiet)
    assert (tmp_path / "w" / "environments" / "local" / "terraform.tfstate").is_file()


def test_an_init_that_fails_for_another_reason_says_the_first_one_and_keeps_the_cache(tmp_path, root):
    root.data.mkdir()
    (root.data / "terraform.tfstate").write_text("{}")
    message = f"cat <<'EOF'\n{diagnostic('Invalid value')}\nEOF\n"
    engine = cli(
        tmp_path, root, f"[ -e $TF_DATA_DIR/terraform.tfstate ] || echo fresh >> {tmp_path}/tried\n{message}exit 1"
    )
    with pytest.raises(EngineFailed, match=r"init of local: Invalid value$"):
        engine.init(quiet)
    assert (tmp_path / "tried").read_text() == "fresh\n"
    assert (root.data / "terraform.tfstate").read_text() == "{}"


@pytest.mark.parametrize(
    "words",
    [
        diagnostic("Failed to write plan file", "write /x/local.tfplan: no space left on device"),
        diagnostic("Error acquiring the state lock", "write /tmp/x: disk quota exceeded"),
        "panic: write /dev/stdout: no space left on device",
    ],
)
def test_a_full_disk_that_the_engine_hit_is_reported_as_one(tmp_path, root, words):
    engine = cli(tmp_path, root, f"cat <<'EOF'\n{words}\nEOF\nexit 1")
    with pytest.raises(DiskFull, match=r"^init of local: the disk is full$") as raised:
        engine.init(quiet)
    assert raised.value.hint.startswith("df -h /")


def test_a_full_disk_is_reported_as_one_whatever_else_the_engine_says(tmp_path, root, monkeypatch):
    monkeypatch.setattr(disk, "_ROOM", 1 << 62)  # as if there were less than it takes
    engine = cli(tmp_path, root, f"cat <<'EOF'\n{diagnostic('Error acquiring the state lock', '500')}\nEOF\nexit 1")
    with pytest.raises(DiskFull):
        engine.init(quiet)


@pytest.mark.parametrize(("number", "error"), [(28, DiskFull), (122, DiskFull), (13, FileUnwritable)])
def test_a_write_that_is_refused_says_whether_the_disk_is_full(tmp_path, number, error):
    found = write_failure(tmp_path / "a" / "b", OSError(number, os.strerror(number)))
    assert type(found) is error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_the_kernels_own_full_device_is_a_full_disk():
    with pytest.raises(OSError, match="No space") as raised, Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")
    assert isinstance(write_failure(Path("/dev/full"), raised.value), DiskFull)


def test_a_lock_error_without_a_lock_is_not_a_held_lock(tmp_path, root):
    message = diagnostic(
        "Error acquiring the state lock", "operation error S3: PutObject, StatusCode: 500, InternalError"
    )
    engine = cli(tmp_path, root, f"cat <<'EOF'\n{message}\nEOF\nexit 1")
    with pytest.raises(EngineFailed, match="InternalError"):
        engine.init(quiet)


def test_a_lock_that_names_nobody_is_a_held_lock(tmp_path, root):
    from dataclasses import replace

    odd = StateLock("", "", "", NOON, 60.0, unreadable="it is truncated")
    message = diagnostic("Error acquiring the state lock", "PreconditionFailed; unexpected end of JSON input")
    engine = cli(tmp_path, replace(root, lock=lambda: odd), f"cat <<'EOF'\n{message}\nEOF\nexit 1")
    with pytest.raises(LockHeld, match="the lock is unreadable, it is truncated") as raised:
        engine.init(quiet)
    assert "hybridctl state unlock local" in raised.value.hint


def test_no_raw_json_reaches_the_reader(tmp_path, root):
    lines = [
        '{"@level":"info","@message":"Initializing modules...","@module":"terraform.ui"',
        '{"@level":"error","@message":"Error: cannot read \\"x\\"","@mod',
    ]
    text = "\n".join(lines)
    engine = cli(tmp_path, root, f"cat <<'EOF'\n{text}\nEOF\nexit 1")
    with pytest.raises(EngineFailed, match=r'^init of local: Error: cannot read "x"$'):
        engine.init(quiet)
    silent = cli(tmp_path, root, f"cat <<'EOF'\n{lines[0]}\nEOF\nexit 1")
    with pytest.raises(EngineFailed, match="and no message"):
        silent.init(quiet)


@pytest.mark.parametrize("content", [b"", b"\0\0", b'{"version": 4, "lin', b"[]", b'{"a": 1}', None])
def test_an_errored_state_that_holds_none_is_named_and_kept(tmp_path, root, content):
    engine = cli(tmp_path, root, "exit 0")
    left = root.folder / "errored.tfstate"
    left.mkdir() if content is None else left.write_bytes(content)
    with pytest.raises(StateUnreadable, match="contains no state") as raised:
        engine.push_errored()
    assert "hybridctl state push local --set-aside" in raised.value.hint
    kept = engine.set_errored_aside()
    assert engine.find_errored_state() is None
    assert kept.is_dir() if content is None else kept.read_bytes() == content


def test_an_errored_state_that_leads_nowhere_is_not_overlooked(tmp_path, root):
    engine = cli(tmp_path, root, "exit 0")
    (root.folder / "errored.tfstate").symlink_to("errored.tfstate")
    assert engine.find_errored_state()
    engine.set_errored_aside()
    assert engine.find_errored_state() is None


def test_a_full_disk_that_pip_hit_is_reported_as_one(tmp_path):
    message = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    python = script(tmp_path / "python", f"echo '{message}' >&2\nexit 1")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("six==1.17.0\n")
    pip = Pip(str(python), {})
    with pytest.raises(DiskFull, match=r"^installing requirements.txt: the disk is full$"):
        pip.install(DeclaredRequirements(requirements, ()), tmp_path / "out", Target("python3.13", "arm64"))
