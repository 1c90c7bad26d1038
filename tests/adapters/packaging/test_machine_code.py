"""Machine code for another platform or another Python never gets into the zip, whatever brings it."""

import sys
import zipfile

import pytest

from fakes.binaries import ARM, INTEL, elf, fat_mach_o, java_class, mach_o, windows
from hybridctl.adapters.packaging.machine_code import foreign, is_machine_code
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

TARGET = Target("python3.13", "arm64")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.so", INTEL),
        ("lib/libx.so.6", INTEL),
        ("bin/tool", INTEL),
        ("x.so", elf(40, bits=32)),
        ("x.so", elf(183, bits=32)),
        ("x.so", elf(183, big_endian=True)),
        ("x.so", elf(243)),
        ("x.so", elf(9999)),
        ("x.so", b"\x7fELF"),
        ("x.o", INTEL),
        ("x.a", b"!<arch>\n" + bytes(60) + INTEL),
        ("x.so", mach_o()),
        ("x.dylib", fat_mach_o()),
        ("x.dll", windows()),
        ("x.pyd", windows()),
        ("x.cp313-win_amd64.pyd", b""),
        ("x.cpython-312-aarch64-linux-gnu.so", ARM),
        ("x.cpython-313t-aarch64-linux-gnu.so", ARM),
        ("x.pypy310-pp73-aarch64-linux-gnu.so", ARM),
        ("x.cpython-313-aarch64-linux-gnu.so", INTEL),
        ("x.abi3.so", INTEL),
        ("x.so", ARM + b"\0libc.musl-aarch64.so.1\0"),
        ("x.so", ARM + b"\0GLIBC_2.17\0GLIBC_2.38\0"),
    ],
)
def test_code_that_the_function_cannot_run_is_known(name, content):
    assert foreign(name, content, TARGET)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.so", ARM),
        ("bin/tool", ARM),
        ("x.cpython-313-aarch64-linux-gnu.so", ARM),
        ("x.abi3.so", ARM),
        ("x.so", ARM + b"\0GLIBC_2.17\0GLIBC_2.34\0"),
        ("x.a", b"!<arch>\n" + bytes(60) + ARM),
        ("Main.class", java_class()),
        ("x.txt", b"MZ is no program"),
        ("x.py", b"magic = b'\\x7fELF'"),
        ("empty", b""),
    ],
)
def test_code_that_runs_and_other_files_pass(name, content):
    assert foreign(name, content, TARGET) is None


def test_real_programs_of_this_machine_are_read_right():
    """The witness is this interpreter: the kernel runs it, so its header says what this machine is."""
    import platform

    with open(sys.executable, "rb") as file:
        content = file.read(200_000)
    here = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
    if sys.platform != "linux" or here is None:
        pytest.skip("this machine is none that Lambda has")
    assert is_machine_code(content)
    there = "arm64" if here == "x86_64" else "x86_64"
    assert foreign("tool", content, Target("python3.13", there)) == f"is machine code for {here}"


@pytest.mark.parametrize("tag", ["cp313-cp313-manylinux2014_aarch64", "py3-none-any", "py2.py3-none-any"])
def test_tags_that_the_function_accepts(tag):
    assert TARGET.accepts(tag)


@pytest.mark.parametrize(
    "tag",
    [
        "cp312-cp312-manylinux2014_aarch64",
        "cp313-cp313-linux_x86_64",
        "cp313-cp313t-manylinux2014_aarch64",
        "cp314-abi3-manylinux2014_aarch64",
        "py2-none-any",
        "cp313-cp313-musllinux_1_2_aarch64",
        "cp313-cp313-macosx_11_0_arm64",
        "pp310-pypy310_pp73-any",
        "nonsense",
    ],
)
def test_tags_that_it_does_not(tag):
    assert not TARGET.accepts(tag)


def test_our_rule_for_tags_is_that_of_packaging():
    """`packaging` lists all tags of a platform; it knows of the interpreters that run older ones."""
    from packaging.tags import compatible_tags, cpython_tags

    known = {
        str(tag)
        for tag in (
            *cpython_tags((3, 13), ["cp313"], TARGET.platforms),
            *compatible_tags((3, 13), "cp313", [*TARGET.platforms, "any"]),
        )
        if tag.interpreter.startswith(("cp3", "py3"))
    }
    assert all(TARGET.accepts(tag) for tag in known)
    for interpreter in ("cp312", "cp313", "cp314", "py3", "py312", "py314"):
        for abi in ("none", "abi3", "cp312", "cp313", "cp313t"):
            for platform in ("any", "manylinux_2_17_aarch64", "linux_aarch64", "linux_x86_64", "win_amd64"):
                tag = f"{interpreter}-{abi}-{platform}"
                if platform == "any" and abi != "none":
                    continue  # no wheel is built so
                assert TARGET.accepts(tag) == (tag in known), tag


@pytest.mark.parametrize("where", ["source", "wheel"])
def test_a_foreign_library_is_named_and_nothing_is_written(checkout, where):
    if where == "source":
        (checkout.source / "backend" / "_fast.so").write_bytes(INTEL)
        name = "backend/_fast.so"
    else:
        checkout.require("pure\n")
        with zipfile.ZipFile(checkout.wheel("pure"), "a") as wheel:
            wheel.writestr("pure_data/_fast.so", INTEL)
        name = "pure_data/_fast.so"
    with pytest.raises(BuildFailed, match=f"{name} is machine code for x86_64, but the function is python3.13, arm64"):
        checkout.build()
    assert not checkout.zip.exists()
    assert checkout.build(architecture="x86_64").machine_code == (name,)
    assert checkout.build(include=(name,)).fresh


def test_a_zip_that_was_built_before_is_looked_at_too(checkout, tmp_path):
    checkout.build()
    other = tmp_path / "other.zip"
    other.write_bytes(checkout.zip.read_bytes())
    with zipfile.ZipFile(other, "a") as archive:
        archive.writestr("x.so", INTEL)
    before = checkout.zip.read_bytes()
    with pytest.raises(BuildFailed, match=r"x\.so is machine code for x86_64"):
        checkout.artifacts().take(other)
    assert checkout.zip.read_bytes() == before
