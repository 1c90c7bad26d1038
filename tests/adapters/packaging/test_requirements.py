"""The requirements: the function's and not this machine's, kept, and refused by name where they cannot work."""

import hashlib
import os
import subprocess
import sys
import tarfile
import time

import pytest

from hybridctl.adapters.packaging.pip import environment
from hybridctl.adapters.packaging.requirement_lines import read_lines
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

ARM, INTEL = "cp313-cp313-manylinux2014_aarch64", "cp313-cp313-manylinux2014_x86_64"
MINE = f"cp3{sys.version_info[1]}-cp3{sys.version_info[1]}-linux_{os.uname().machine}"
NO_PYTHON = "/nowhere/python"  # a build with it fails as soon as pip is run


def modules(checkout):
    return [name for name in checkout.names() if name.endswith(".py") and "/" not in name]


def make_lock(wheel):
    return f"{wheel.name.split('-')[0]}==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.mark.parametrize("text", ["", "# boto3 comes with the runtime\n\n   # and so does this\n", "--pre\n"])
def test_without_a_requirement_pip_is_not_run(checkout, text):
    checkout.require(text)
    assert checkout.build(python=NO_PYTHON).fresh
    (checkout.source / "requirements.txt").unlink()
    assert not checkout.build(python=NO_PYTHON).fresh


def test_wheels_are_those_of_the_functions_platform(checkout):
    checkout.require("native==1.0\n")
    for tag in (ARM, INTEL, MINE):
        checkout.wheel("native", tag, body=f"tag = {tag!r}\n")
    checkout.build()
    assert ARM in checkout.read("native.py")
    checkout.build(architecture="x86_64")
    assert INTEL in checkout.read("native.py")


@pytest.mark.parametrize("tag", ["cp39-abi3-manylinux_2_28_aarch64", "py3-none-manylinux_2_17_aarch64"])
def test_wheels_of_the_stable_interface_and_of_older_systems_is_enough(checkout, tag):
    checkout.require("native\n")
    checkout.wheel("native", tag)
    checkout.build()
    assert modules(checkout) == ["native.py"]


@pytest.mark.parametrize(
    "tag", [INTEL, MINE, "cp312-cp312-manylinux2014_aarch64", "cp313-cp313-manylinux_2_39_aarch64"]
)
def test_a_requirement_without_a_wheel_for_the_platform_is_named(checkout, tag):
    checkout.require("native==1.0\n")
    checkout.wheel("native", tag)
    with pytest.raises(
        BuildFailed, match=r"^requirements\.txt for python3\.13, arm64: native==1\.0 has no wheel"
    ) as no:
        checkout.build()
    assert "pin a version that has one" in str(no.value.hint)
    assert not checkout.zip.exists()
    assert not list((checkout.work / "requirements").iterdir())


def test_a_requirement_that_would_have_to_be_compiled_is_named(checkout, tmp_path):
    checkout.require("native>=1\n")
    (tmp_path / "setup.py").write_text("raise SystemExit('this was run')\n")
    with tarfile.open(checkout.wheels / "native-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "setup.py", "native-1.0/setup.py")
    with pytest.raises(BuildFailed, match="native>=1 has no wheel for this platform"):
        checkout.build()


def test_conditions_are_judged_by_the_functions_platform_and_not_by_this_machine(checkout):
    checkout.require("top\nnewest; python_version >= '3.13'\nabsent; sys_platform != 'linux'\n")
    checkout.wheel(
        "top",
        needs=[
            "older; python_version < '3.13'",
            "newer; python_version >= '3.13'",
            "arm; platform_machine == 'aarch64'",
            "intel; platform_machine == 'x86_64'",
        ],
    )
    for name in ("older", "newer", "arm", "intel", "newest", "absent"):
        checkout.wheel(name)
    checkout.build(python=sys.executable)
    assert modules(checkout) == ["arm.py", "newer.py", "newest.py", "top.py"]
    checkout.build(python=sys.executable, runtime="python3.12", architecture="x86_64")
    assert modules(checkout) == ["intel.py", "older.py", "top.py"]


def test_two_checkouts_with_requirements_make_the_same_bytes(checkout, elsewhere):
    for one in (checkout, elsewhere):
        one.require("tool\n")
    checkout.wheel("tool", script=True)
    ours, theirs = checkout.build(), elsewhere.build()
    assert ours.sha256 == theirs.sha256
    names = checkout.names()
    assert "tool-1.0.dist-info/METADATA" in names
    assert not [name for name in names if name.startswith("bin/") or name.endswith(("INSTALLER", "REQUESTED"))]
    assert "left out: bin/tool" in ours.notes


def test_a_build_from_scratch_resolves_again_and_comes_out_the_same(checkout):
    checkout.require("pure\n")
    wheel = checkout.wheel("pure", body="x = 1\n")
    artifacts = checkout.artifacts()
    artifacts.build()
    assert artifacts.scratch().content == artifacts.content()
    wheel.unlink()
    checkout.wheel("pure", body="x = 2\n")
    assert artifacts.scratch().content != artifacts.content()


def test_resolved_requirements_are_kept(checkout):
    checkout.require("pure==1.0\n")
    checkout.wheel("pure", body="x = [1, 2, 3]\n" * 1000)
    started = time.monotonic()
    first = checkout.build(python=sys.executable)
    cold = time.monotonic() - started
    written = first.path.stat().st_mtime_ns
    assert not checkout.build(python=NO_PYTHON).fresh
    assert first.path.stat().st_mtime_ns == written
    checkout.entry.write_text(checkout.entry.read_text() + "# more\n")
    checkout.require("pure==1.0  # a comment\n")
    started = time.monotonic()
    assert checkout.build(python=NO_PYTHON).fresh
    assert time.monotonic() - started < cold / 4
    assert modules(checkout) == ["pure.py"]


def test_a_kept_set_that_was_damaged_is_resolved_again(checkout):
    checkout.require("pure\n")
    checkout.wheel("pure")
    first = checkout.build()
    (kept,) = (checkout.work / "requirements").iterdir()
    whole = kept.read_bytes()
    for damaged in (whole[:-5], whole + b"x", b"", whole[1:]):
        kept.write_bytes(damaged)
        checkout.zip.unlink(missing_ok=True)
        with pytest.raises(BuildFailed, match="running pip"):
            checkout.build(python=NO_PYTHON)
    assert checkout.build().sha256 == first.sha256
    assert kept.read_bytes() == whole


def test_old_sets_are_forgotten(checkout):
    sets = checkout.work / "requirements"
    sets.mkdir(parents=True)
    for number in range(7):
        (sets / f"{number}.set").write_bytes(b"old")
        os.utime(sets / f"{number}.set", (number, number))
    (sets / "pip.killed").mkdir()
    os.utime(sets / "pip.killed", (1, 1))
    (sets / "pip.running").mkdir()
    checkout.wheel("pure")
    checkout.require("pure\n")
    checkout.build()
    (sets / "pip.running").rmdir()
    left = {path.name for path in sets.iterdir()}
    assert len(left) == 5
    assert left > {"3.set", "4.set", "5.set", "6.set"}


def test_a_change_in_an_included_file_is_noticed(checkout):
    for name in ("one", "two"):
        checkout.wheel(name)
    checkout.require("-r more.txt\n")
    (checkout.source / "more.txt").write_text("one\n")
    checkout.build()
    assert "one.py" in modules(checkout)
    (checkout.source / "more.txt").write_text("two\n")
    checkout.build()
    assert modules(checkout) == ["two.py"]


def test_files_that_include_each_other_end(checkout):
    checkout.require("one\n-r more.txt\n")
    (checkout.source / "more.txt").write_text("-r requirements.txt\ntwo\n")
    assert [line.requirement for line in read_lines(checkout.source / "requirements.txt", {}) if line.requirement] == [
        "one",
        "two",
    ]


@pytest.mark.parametrize("line", ["./lib", "-e .", "/opt/lib", "file:///opt/x.whl", "x @ file:///x", "x-1.0-any.whl"])
def test_what_is_on_this_machine_only_is_refused(checkout, line):
    checkout.require(f"{line}\n")
    with pytest.raises(BuildFailed, match=r"requirements\.txt: .* exists only on this machine"):
        checkout.build(python=NO_PYTHON)


def test_a_lock_is_taken_and_its_hashes_are_checked(checkout):
    checkout.require("pure\n", lock=make_lock(checkout.wheel("pure")))
    assert checkout.build().notes == ()
    assert modules(checkout) == ["pure.py"]
    checkout.require("pure\n", lock=f"pure==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BuildFailed, match=r"requirements\.lock for .* does not match its locked hash"):
        checkout.build()
    checkout.require("pure\n", lock="pure==1.0\n")
    with pytest.raises(BuildFailed, match=r"requirements\.lock .*hash"):
        checkout.build()


def test_requirements_without_a_lock_are_noted_each_time(checkout):
    checkout.require("pure\n")
    checkout.wheel("pure")
    assert "not locked" in checkout.build().notes[0]
    assert "not locked" in checkout.build().notes[0]


@pytest.mark.parametrize("wanted", ["pure\nother\n", "pure==2.0\n", "Other_Thing\n"])
def test_a_lock_that_the_list_has_outgrown_is_refused(checkout, wanted):
    checkout.require(wanted, lock=make_lock(checkout.wheel("pure")))
    with pytest.raises(BuildFailed, match=r"requirements\.lock does not match (other|pure==2\.0|Other_Thing) of"):
        checkout.build()


def test_a_lock_holds_names_in_any_spelling_and_conditions(checkout):
    wheel = checkout.wheel("pure_thing")
    checkout.require("Pure.Thing[fast]>=1,<2  # why\nwin; sys_platform == 'win32'\n", lock=make_lock(wheel))
    checkout.build()
    assert modules(checkout) == ["pure_thing.py"]


def test_a_file_that_is_ours_and_a_requirements_too_is_refused(checkout):
    checkout.require("pure\n")
    checkout.wheel("pure")
    (checkout.source / "pure.py").write_text("x = 1\n")
    with pytest.raises(BuildFailed, match=r"pure\.py is also in a requirement"):
        checkout.build()


def test_the_users_pip_variables_change_nothing(checkout, tmp_path):
    checkout.require("pure\n")
    checkout.wheel("pure")
    moved = dict.fromkeys(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"), str(tmp_path / "elsewhere"))
    switches = dict.fromkeys(("PIP_USER", "PIP_DRY_RUN", "PIP_REQUIRE_HASHES", "PIP_NO_DEPS"), "1")
    other = {"PIP_NO_BINARY": ":all:", "PIP_PLATFORM": "win_amd64", "PIP_REQUIREMENT": "nothing.txt"}
    checkout.build(moved | switches | other)
    assert modules(checkout) == ["pure.py"]
    assert not (tmp_path / "elsewhere").exists()


def test_the_users_pip_configuration_gives_the_index_and_nothing_else(checkout, tmp_path):
    checkout.require("pure\n")
    checkout.wheel("pure")
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nno-index = true\nfind-links = {checkout.wheels}\n[install]\nuser = true\n")
    checkout.build({"PIP_CONFIG_FILE": str(settings), "PIP_NO_INDEX": "", "PIP_FIND_LINKS": ""})
    assert modules(checkout) == ["pure.py"]


def test_a_variable_overrides_the_configuration_and_install_overrides_global():
    configured = (
        "global.index-url='a'\nglobal.timeout='5'\ninstall.timeout='6'\nglobal.extra-index-url='x\\ny'\n:env:.x='y'"
    )
    child = environment({"PIP_INDEX_URL": "b", "PIP_USER": "1", "PATH": "/bin"}, configured)
    assert (child["PIP_INDEX_URL"], child["PIP_TIMEOUT"], child["PIP_EXTRA_INDEX_URL"]) == ("b", "6", "x y")
    assert "PIP_USER" not in child
    assert child["PATH"] == "/bin"


def test_a_module_in_the_working_directory_is_not_taken_for_pips(checkout, tmp_path, monkeypatch):
    checkout.require("pure\n")
    checkout.wheel("pure")
    (tmp_path / "pip.py").write_text("raise SystemExit('this was run')\n")
    (tmp_path / "json.py").write_text("raise SystemExit('this was run')\n")
    monkeypatch.chdir(tmp_path)
    checkout.build(python=sys.executable)
    assert modules(checkout) == ["pure.py"]


def test_an_index_that_cannot_be_reached_is_reported(checkout):
    checkout.require("pure\n")
    gone = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    with pytest.raises(BuildFailed, match="the package index cannot be reached") as failure:
        checkout.build(gone)
    assert failure.value.hint


def test_a_python_without_pip_is_reported(checkout, tmp_path):
    checkout.require("pure\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    with pytest.raises(BuildFailed, match=r"bare/bin/python has no pip") as failure:
        checkout.build(python=str(tmp_path / "bare" / "bin" / "python"))
    assert "ensurepip" in str(failure.value.hint)
    with pytest.raises(BuildFailed, match="running pip by /nowhere/python"):
        checkout.build(python=NO_PYTHON)


def test_the_markers_are_all_that_pip_asks_for():
    from pip._vendor.packaging.markers import default_environment

    assert Target("python3.13", "arm64").markers.keys() == default_environment().keys()
