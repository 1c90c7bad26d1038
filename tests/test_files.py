"""Local files: anything at a path is named, read within limits, and replaced whole or not at all."""

import os
import socket
import stat
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.test_plan_file import PLAN
from hybridctl.adapters.plan_file import PlanArchive
from hybridctl.errors import ConfigurationInvalid, DiskFull, FileUnreadable, FileUnwritable
from hybridctl.exit_codes import ExitCode
from hybridctl.files import parse_json, read_file, read_json, read_text, write_file
from hybridctl.settings_file import load_settings

PROGRAM = Path(__file__).with_name("corrupted.py")


def test_three_thousand_damaged_files_are_read_or_refused_by_name_in_little_memory_and_time(tmp_path):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(str(one) for one in sys.path if one)}
    ran = subprocess.run(
        [sys.executable, PROGRAM, tmp_path, "270"],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
        timeout=300,
    )
    assert ran.stdout == ""
    tried = int(ran.stderr.split()[0])
    assert tried >= 3000


def fifo(path):
    os.mkfifo(path)
    return "a pipe"


def folder(path):
    path.mkdir()
    return "a folder"


def device(path):
    path.symlink_to("/dev/zero")
    return "a device"


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    return "No such device"


@pytest.mark.parametrize("make", [fifo, folder, device, unix_socket])
def test_only_regular_files_are_read_and_nothing_waits(tmp_path, make):
    expected = make(tmp_path / "x")
    begun = time.monotonic()
    with pytest.raises(FileUnreadable, match=f"/x: .*{expected}"):
        read_file(tmp_path / "x")
    with pytest.raises(FileUnreadable, match=f"reading the plan .*/x: .*{expected}"):
        PlanArchive().read(tmp_path / "x")
    assert time.monotonic() - begun < 1


def test_a_file_is_refused_by_its_size_before_it_is_read(tmp_path):
    with open(tmp_path / "x", "wb") as file:
        file.truncate(2**40)
    with pytest.raises(FileUnreadable, match=r"1,048,576\.0 MiB, and the limit is 1\.0 MiB"):
        read_file(tmp_path / "x")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": \xff}', "line 1 is not UTF-8"),
        (b'{\n"a": }', "line 2 is not valid JSON"),
        (b"[" * 60 + b"]" * 60, "nested more than 50 levels"),
        (b"9" * 5000, "Exceeds the limit"),
    ],
)
def test_a_file_that_is_not_a_document_is_named(tmp_path, content, expected):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(FileUnreadable, match=rf"reading .*/x: .*{expected}") as caught:
        read_json(tmp_path / "x")
    assert caught.value.exit_code is ExitCode.USAGE


def test_brackets_in_strings_are_not_nesting():
    text = b'{"a": "' + b"[" * 100 + b'\\"' + b"{" * 100 + b'"}'
    assert len(parse_json(text, "x")["a"]) == 201


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileUnreadable, match=r"reading .*none: No such file"):
        read_text(tmp_path / "none")
    with pytest.raises(FileUnreadable, match="null"):
        read_text(Path("nul\0l"))


def test_a_file_is_replaced_whole_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "new" / "x"
    write_file(path, b"one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_file(path, b"two", mode=0o644)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"two", 0o644)
    assert [one.name for one in path.parent.iterdir()] == ["x"]


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable, match=f"writing {tmp_path}: it is a folder, not a file"):
        write_file(tmp_path, b"")


def test_a_file_that_cannot_be_written_is_left_as_it_was(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(FileUnwritable, match=r"writing .*/x"):
        write_file(tmp_path / "x", b"one")
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_a_full_disk_is_reported_as_a_full_disk(tmp_path):
    program = (
        "import resource, signal, sys; from pathlib import Path; from hybridctl.files import write_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import os; full = os.open('/dev/full', os.O_WRONLY)\n"
        "import tempfile; tempfile.mkstemp = lambda **_: (full, str(Path(sys.argv[1]) / 'fresh'))\n"
        "from hybridctl.errors import DiskFull\n"
        "try: write_file(Path(sys.argv[1]) / 'x', b'one')\n"
        "except DiskFull as error: print(error, error.hint)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert "x: the disk is full df -h" in ran.stdout
    assert issubclass(DiskFull, FileUnwritable)


def write_plan(path):
    return PlanArchive().write(path, PLAN)


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_plan_that_others_can_change_is_refused_with_the_command_that_ends_it(tmp_path, mode):
    path = tmp_path / "release.plan"
    write_plan(path)
    path.chmod(mode)
    with pytest.raises(FileUnreadable, match=rf"can be changed by other users \(mode {mode:03o}\)") as caught:
        PlanArchive().read(path)
    assert f"chmod go-w {path}" in (caught.value.hint or "")
    path.chmod(0o644)
    assert PlanArchive().read(path).actor == "ada"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_plan_of_another_user_is_refused(tmp_path):
    path = tmp_path / "release.plan"
    write_plan(path)
    os.chown(path, 65534, 65534)
    with pytest.raises(FileUnreadable, match="belongs to another user") as caught:
        PlanArchive().read(path)
    assert "chown" in (caught.value.hint or "")


def test_the_digest_is_what_sha256sum_prints(tmp_path):
    path = tmp_path / "release.plan"
    digest = write_plan(path)
    assert subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0] == digest
    assert PlanArchive().read(path).digest == digest


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "release.plan"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("plan.json", "tfplan", "package.zip"):
            archive.writestr(name, bytes(40 * 2**20))
    path.chmod(0o600)
    with pytest.raises(FileUnreadable, match="looks like a zip bomb"):
        PlanArchive().read(path)


@pytest.mark.parametrize("package", ["../x.zip", "/etc/x.zip", "link/x.zip"])
def test_the_package_stays_inside_the_checkout(project, package):
    (project / "link").symlink_to("/etc")
    with open(project / "hybridctl.toml", "a", encoding="utf-8") as file:
        file.write(f'\n[function]\npackage = "{package}"\n')
    with pytest.raises(ConfigurationInvalid, match=r"hybridctl\.toml:\d+: package = .* is outside the checkout"):
        load_settings(project, {})


@pytest.mark.parametrize("content", [b"\xff", b"a = " + b"[" * 100_000, b"a" * 2**21, b"a = "])
def test_a_configuration_that_cannot_be_read_is_named_with_2(hybridctl, project, content):
    (project / "hybridctl.toml").write_bytes(content)
    ran = hybridctl("status")
    assert ran.code == 2
    assert "hybridctl.toml" in ran.err
    assert "unexpected" not in ran.err


def test_threads_that_write_one_file_do_not_mix_their_contents(tmp_path: Path) -> None:
    path = tmp_path / "lambda.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_file(path, str(number).encode() * 100), range(1000)))
    assert len(path.read_text()) % 100 == 0
    assert [one.name for one in tmp_path.iterdir()] == ["lambda.json"]
