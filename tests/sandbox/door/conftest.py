"""One sandbox for the tests of its door, in a folder that other users can reach."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud.functions import Api, Function
from sandbox.conftest import SandboxProcess


@pytest.fixture(scope="package")
def opened() -> Iterator[SandboxProcess]:
    """A sandbox in a folder that every user can reach, started with a umask that hides nothing."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "checkout" / ".hybridctl" / "sandbox"
        (home / "state").mkdir(parents=True)
        (home / "state" / "sessions.json").write_text("an older version's")
        for path in (home, home / "state", home / "state" / "sessions.json"):
            path.chmod(0o777)
        before = os.umask(0)
        try:
            running = SandboxProcess(home).start()
        finally:
            os.umask(before)
        yield running
        running.stop()


@pytest.fixture(scope="package")
def api(opened: SandboxProcess) -> Api:
    function = Function(opened)
    function.alias("live", function.publish())
    return Api(function)
