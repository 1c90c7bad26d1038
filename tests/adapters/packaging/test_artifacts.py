"""The zip and its bytes: the same everywhere, and noticed when nothing has changed."""

import base64
import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from hybridctl.adapters.packaging.archive import Entry, make_zip
from hybridctl.domain.package import Package, size_note
from hybridctl.errors import BuildFailed, FileUnwritable

REPOSITORY = Path(__file__).resolve().parents[3]
NO_PYTHON = "/nowhere/python"  # a build with it fails as soon as pip is run


def litter(source: Path) -> None:
    """What a working copy collects."""
    (source / "backend" / "__pycache__").mkdir()
    (source / "backend" / "__pycache__" / "entry.cpython-313.pyc").write_bytes(b"x")
    (source / ".mypy_cache").mkdir()
    (source / ".mypy_cache" / "x.json").write_bytes(b"x")
    (source / "tests").mkdir()
    (source / "tests" / "test_entry.py").write_text("assert False\n")
    for name in (".DS_Store", "backend/.entry.py.swp", "backend/entry.py~", "backend/.#entry.py", "README.md"):
        (source / name).write_text("x")


def test_two_checkouts_make_the_same_bytes(checkout, elsewhere):
    litter(elsewhere.source)
    mask = os.umask(0o077)
    try:
        theirs = elsewhere.build()
    finally:
        os.umask(mask)
    ours = checkout.build()
    assert ours.path.read_bytes() == theirs.path.read_bytes()
    assert (ours.build, ours.sha256) == (theirs.build, theirs.sha256)
    assert stat.S_IMODE(theirs.path.stat().st_mode) == 0o644


def test_another_process_in_another_place_and_zone_makes_the_same_bytes(checkout, elsewhere):
    program = (
        "import sys; from pathlib import Path; from hybridctl.adapters.packaging.artifacts import LambdaPackage as P\n"
        "root = Path(sys.argv[1])\n"
        "print(P(root / 'lambda_src', root / 'out.zip', 'python3.13', 'arm64', root / 'work', {}).build().sha256)"
    )
    environ = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", program, str(elsewhere.folder)], env=environ, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == checkout.build().sha256


def test_the_zip_holds_the_handler_and_its_build_and_nothing_of_ours(checkout):
    package = checkout.build()
    assert checkout.names() == ["backend/__init__.py", "backend/data.txt", "backend/entry.py", "build.json"]
    assert json.loads(checkout.read("build.json")) == {"build": package.build}
    raw = package.path.read_bytes()
    assert package.sha256 == base64.b64encode(hashlib.sha256(raw).digest()).decode()
    with zipfile.ZipFile(package.path) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert {entry.create_system for entry in archive.infolist()} == {3}
        assert package.unpacked == sum(entry.file_size for entry in archive.infolist())
        assert package.files == len(archive.infolist())


def test_any_content_and_name_comes_out_of_the_zip_as_it_went_in():
    members = {"a": b"", "ü/ß.txt": "€".encode() * 9000, "b/noise": os.urandom(70_000), "b.py": b"x = 1\n"}
    content = make_zip([Entry.of(name, data, executable=name == "a") for name, data in members.items()])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(members)
        assert {name: archive.read(name) for name in archive.namelist()} == members
        assert archive.getinfo("a").external_attr >> 16 == 0o100755


def test_the_handler_runs_from_the_zip(checkout):
    package = checkout.build()
    program = "import backend.entry; print(backend.__file__, backend.entry.handle({}, None)['statusCode'])"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, sys.argv[1]); {program}", str(package.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"{package.path}/backend/__init__.py 200\n"


def test_the_real_handler_is_packaged_and_answers_with_its_build(checkout, tmp_path):
    artifacts = checkout.artifacts()
    real = type(artifacts)(
        source=REPOSITORY / "lambda_src",
        package=tmp_path / "real.zip",
        runtime="python3.13",
        architecture="arm64",
        work=tmp_path / "work",
        environ=artifacts.environ,
        handler="backend.entry.handle",
        python=NO_PYTHON,
    )
    package = real.build()
    unpacked = tmp_path / "task"
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(unpacked)
    program = (
        "import json, types; from backend.entry import handle\n"
        "event = {'version': '2.0', 'routeKey': 'GET /health', 'rawPath': '/health', 'headers': {},\n"
        "         'requestContext': {'stage': '$default', 'http': {'method': 'GET', 'path': '/health'}}}\n"
        "context = types.SimpleNamespace(aws_request_id='1', get_remaining_time_in_millis=lambda: 10_000)\n"
        "answer = handle(event, context)\n"
        "print(json.dumps([answer['statusCode'], answer['headers']]))"
    )
    settings = {"ENVIRONMENT": "local", "SESSIONS_TABLE": "s", "JOBS_TABLE": "j", "AGENTS_TABLE": "a"}
    aws = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    more = {"SESSIONS_USER_INDEX": "by_user", "TOKEN_VERIFICATION": "trusted", "AWS_LAMBDA_FUNCTION_VERSION": "3"}
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env=settings | aws | more | {"PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    status, headers = json.loads(ran.stdout.splitlines()[-1])
    assert status == 200
    assert headers["x-build"] == package.build


def test_the_build_id_follows_the_contents_only(checkout, elsewhere):
    first = checkout.build()
    checkout.entry.write_text("def handle(event, context):\n    return {}\n")
    assert checkout.build().build != first.build
    assert elsewhere.build().build == first.build


def test_a_name_and_its_content_cannot_be_distinguished_by_accident(checkout, elsewhere):
    (checkout.source / "a").write_text("b")
    (elsewhere.source / "b").write_text("a")
    assert checkout.build().build != elsewhere.build().build


def test_an_unchanged_tree_is_left_alone(checkout):
    first = checkout.build()
    written = first.path.stat().st_mtime_ns
    os.utime(checkout.entry)  # touched, not changed
    again = checkout.build()
    assert (first.fresh, again.fresh) == (True, False)
    assert again.path.stat().st_mtime_ns == written
    assert (again.build, again.sha256, again.size, again.files) == (first.build, first.sha256, first.size, first.files)


def test_an_unchanged_tree_costs_a_fraction_of_a_build(checkout):
    for number in range(200):
        (checkout.source / f"module_{number}.py").write_text("def one():\n    return [1, 2, 3]\n" * 100)
    started = time.monotonic()
    assert checkout.build().fresh
    whole = time.monotonic() - started
    started = time.monotonic()
    assert not checkout.build().fresh
    assert time.monotonic() - started < whole / 4


def test_an_edit_within_a_files_old_size_and_time_is_noticed(checkout):
    before = checkout.entry.stat()
    checkout.build()
    checkout.entry.write_text(checkout.entry.read_text().replace("200", "500"))
    os.utime(checkout.entry, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert checkout.build().fresh
    assert "500" in checkout.read("backend/entry.py")


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"tampered")])
def test_a_zip_that_is_gone_or_tampered_with_is_made_again(checkout, damage):
    first = checkout.build()
    damage(first.path)
    again = checkout.build()
    assert again.fresh
    assert again.path.read_bytes()[:2] == b"PK"
    assert again.sha256 == first.sha256


@pytest.mark.parametrize(
    "setting", [{"runtime": "python3.12"}, {"architecture": "x86_64"}, {"handler": "backend.entry.json"}]
)
def test_another_setting_is_another_build(checkout, setting):
    checkout.entry.write_text("import json\ndef handle(event, context):\n    return {}\n")
    checkout.build()
    assert checkout.build(**setting).fresh


@pytest.mark.parametrize("change", ["", "{}", "[1]", '{"fingerprint": "x", "extra": 1}', {"more": 1}, {"notes": None}])
def test_a_stamp_that_cannot_be_used_costs_a_build_and_no_more(checkout, change):
    checkout.build()
    stamp = checkout.work / "stamp.json"
    text = json.dumps({**json.loads(stamp.read_text()), **change}) if isinstance(change, dict) else change
    stamp.write_text(text)
    assert checkout.build().fresh
    assert not checkout.build().fresh


@pytest.mark.parametrize("blocked", ["terraform", ".hybridctl"])
def test_a_folder_that_cannot_be_written_is_named_and_no_package_is_half_there(checkout, blocked):
    (checkout.folder / blocked).write_text("a file where the folder should be")
    with pytest.raises(FileUnwritable, match=blocked.strip(".")) as failure:
        checkout.build()
    assert failure.value.hint
    assert not checkout.zip.exists()


def test_a_package_that_cannot_be_replaced_stays_and_leaves_no_litter(checkout):
    checkout.zip.mkdir(parents=True)  # root, too, cannot put a file where a folder is
    with pytest.raises(FileUnwritable, match=r"lambda_function\.zip"):
        checkout.build()
    assert [path.name for path in checkout.zip.parent.iterdir()] == ["lambda_function.zip"]


def test_what_a_killed_build_left_is_removed_and_a_running_one_is_not(checkout):
    checkout.zip.parent.mkdir()
    dead, running = (checkout.zip.parent / f".lambda_function.zip.{name}" for name in ("dead", "running"))
    dead.write_text("half")
    running.write_text("half")
    os.utime(dead, (1_000_000_000, 1_000_000_000))
    checkout.build()
    assert not dead.exists()
    assert running.exists()


def test_two_builds_at_once_do_no_harm(checkout):
    gate, made = threading.Barrier(4), []

    def build() -> None:
        gate.wait()
        made.append(checkout.build())

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({package.sha256 for package in made}) == 1
    assert len(made) == 4
    assert not checkout.build().fresh


def test_a_package_too_large_for_lambda_is_refused_and_its_largest_part_named(checkout):
    (checkout.source / "backend" / "noise.bin").write_bytes(os.urandom(53_000_000))
    with pytest.raises(BuildFailed, match="is 51 MiB, 51 MiB unpacked; Lambda allows 50 and 250") as failure:
        checkout.build()
    assert "largest: backend 51 MiB" in str(failure.value.hint)
    assert not checkout.zip.exists()


def test_a_package_too_large_unpacked_is_refused(checkout):
    with (checkout.source / "backend" / "zeros.bin").open("wb") as file:
        file.truncate(263_000_000)
    with pytest.raises(BuildFailed, match="251 MiB unpacked"):
        checkout.build()


def test_a_package_near_a_quota_says_so():
    assert size_note(41 * 2**20, 60 * 2**20) == "zip 41 of the 50 MiB that Lambda allows"
    assert size_note(30 * 2**20, 201 * 2**20) == "unpacked 201 of the 250 MiB that Lambda allows"
    assert size_note(39 * 2**20, 199 * 2**20) is None


def test_scratch_builds_are_the_build(checkout):
    artifacts = checkout.artifacts()
    package: Package = artifacts.build()
    scratch = artifacts.scratch()
    assert scratch.content == artifacts.content() == package.path.read_bytes()
    assert scratch.members == artifacts.members()


def test_a_zip_of_other_source_is_taken_with_a_warning(checkout, tmp_path):
    checkout.build()
    zip_of_this = tmp_path / "this.zip"
    zip_of_this.write_bytes(checkout.zip.read_bytes())
    assert checkout.artifacts().take(zip_of_this).doubt == ""
    checkout.entry.write_text("def handle(event, context): return 1\n")
    doubt = checkout.artifacts().take(zip_of_this).doubt
    assert doubt == "the package was not built from this checkout's source: backend/entry.py differs"
    checkout.source.rename(checkout.folder / "gone")
    assert "cannot be compared" in checkout.artifacts().take(zip_of_this).doubt
