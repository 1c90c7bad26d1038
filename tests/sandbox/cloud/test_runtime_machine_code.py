"""A package with machine code for another platform runs in the sandbox, with the same releases for this machine."""

import hashlib
import io
import os
import subprocess
import sys
import sysconfig
import zipfile
from base64 import b64encode
from pathlib import Path

import pytest

from hybridctl.adapters.packaging.native import resolve_here
from hybridctl.adapters.packaging.pip import Pip
from hybridctl.errors import BuildFailed
from hybridctl.sandbox.home import Home
from hybridctl.sandbox.interpreters import find_python

FOREIGN = "native/_json.cpython-313-aarch64-linux-gnu.so"
HANDLER = "from native import _json\ndef handle(event, context):\n    return _json.make_encoder.__name__\n"
PYTHON, VERSION = find_python("python3.13", os.environ) or (sys.executable, sysconfig.get_python_version())
MINOR = VERSION.split(".")[1]


def package(*, listed: bool = True) -> bytes:
    """A function and a requirement of version 1.0 that was built for Lambda on arm64."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("backend/__init__.py", "")
        archive.writestr("backend/entry.py", HANDLER)
        archive.writestr("native/__init__.py", "")
        archive.writestr(FOREIGN, b"\x7fELF for arm64")
        if listed:
            tag = "cp313-cp313-manylinux2014_aarch64"
            archive.writestr("native-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
            archive.writestr("native-1.0.dist-info/RECORD", f"native/__init__.py,,\n{FOREIGN},,\n")
            archive.writestr("plain-2.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    return content.getvalue()


def wheel(folder: Path) -> None:
    """The same release for this machine: its machine code is an extension of the interpreter's own library."""
    ask = "import _json; print(_json.__file__)"
    library = Path(subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())
    system = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    tag = f"cp3{MINOR}-cp3{MINOR}-{system}"
    info = "native-1.0.dist-info"
    with zipfile.ZipFile(folder / f"native-1.0-{tag}.whl", "w") as archive:
        archive.writestr("native/__init__.py", "")
        archive.write(library, f"native/{library.name}")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: native\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def resolve(tmp_path):
    """Resolves a package's machine code from the wheels in `tmp_path/wheels`."""
    (tmp_path / "wheels").mkdir()
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels"), "PIP_CONFIG_FILE": os.devnull}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}

    def run(content: bytes, lock: str | None = None):
        (tmp_path / "package.zip").write_bytes(content)
        if lock is not None:
            (tmp_path / "requirements.lock").write_text(lock)
        pip = Pip(sys.executable, plain | index)
        return resolve_here(
            *(tmp_path / "package.zip", [FOREIGN], f"3.{MINOR}", pip, tmp_path / "cache"),
            tmp_path / "requirements.lock",
        )

    return run


def test_a_requirement_with_machine_code_runs_on_this_machine(sandbox, make_function, resolve, tmp_path):
    content = package()
    alien = make_function(Code={"ZipFile": content}, Runtime=f"python3.{MINOR}")
    assert alien.invoke()["body"]["errorType"] == "Runtime.ImportModuleError"
    wheel(tmp_path / "wheels")
    folder, names = resolve(content)
    assert names == ["native==1.0"]
    assert resolve(content) == (folder, names)
    sha256 = b64encode(hashlib.sha256(content).digest()).decode()
    Home(sandbox.home).provide_machine_code(sha256, folder)
    native = make_function(Code={"ZipFile": content}, Runtime=f"python3.{MINOR}")
    assert native.invoke()["body"] == "Encoder"


def test_a_requirement_without_a_wheel_for_this_machine_is_named(resolve, tmp_path):
    with pytest.raises(BuildFailed, match=r"native==1\.0.* has no wheel"):
        resolve(package())
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".new"]


def test_machine_code_of_no_release_is_named(resolve):
    with pytest.raises(BuildFailed, match=f"{FOREIGN} belongs to no released distribution"):
        resolve(package(listed=False))


def test_only_files_whose_hash_the_lock_has_are_run_on_this_machine(resolve, tmp_path):
    wheel(tmp_path / "wheels")
    [made] = (tmp_path / "wheels").iterdir()
    right, wrong = hashlib.sha256(made.read_bytes()).hexdigest(), "0" * 64
    with pytest.raises(BuildFailed, match=r"none of what this machine needs of native==1\.0"):
        resolve(package(), f"native==1.0 --hash=sha256:{wrong}\nother==2 --hash=sha256:{wrong}\n")
    with pytest.raises(BuildFailed, match=r"requirements\.lock has no hash of native==1\.0"):
        resolve(package(), f"other==2 --hash=sha256:{wrong}\n")
    folder, _ = resolve(package(), f"Native == 1.0 \\\n  --hash=sha256:{wrong} \\\n  --hash=sha256:{right}\n")
    assert (folder / "native" / "__init__.py").exists()
