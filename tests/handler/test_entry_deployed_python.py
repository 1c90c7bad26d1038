"""The handler on the Python that Lambda runs it with, where the machine has it: the tests here run on the CLI's own.

Left out are those that need Hypothesis, which is built for one version of Python.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = ROOT / "terraform/modules/function/variables.tf"
TESTS = ("test_application_attacks.py", "test_names.py", "test_settings.py")


def read_deployed_version():
    """The version that the function's module has for a default, such as "3.13"."""
    return re.search(r'default\s*=\s*"python(3\.\d+)"', FUNCTION.read_text(encoding="utf-8"))[1]


def find_python(version):
    """A `python3.x` that says it is of `version`; of several installed by pyenv, any."""
    installed = sorted((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python"))
    for candidate in (shutil.which(f"python{version}"), *installed):
        argv = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        # As bytes: a shim that has no such version may print anything.
        if candidate and subprocess.run(argv, capture_output=True, check=False).stdout.strip() == version.encode():
            return candidate
    return None


def test_the_handler_answers_the_same_on_the_deployed_python():
    version = read_deployed_version()
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        pytest.skip(f"these tests run on Python {version} already")
    python = find_python(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine, which Lambda runs the handler with")
    packages = Path(pytest.__file__).parents[1]
    ran = subprocess.run(
        [
            *(python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "handler.without_native"),
            *("--confcutdir", "tests/handler", "-o", "addopts=", "--assert=plain"),
            *(f"tests/handler/{name}" for name in TESTS),
        ],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
            "PYTHONPATH": f"{packages}{os.pathsep}{ROOT / 'tests'}",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    assert re.search(r"\b[2-9]\d\d passed", ran.stdout), ran.stdout[-500:]
