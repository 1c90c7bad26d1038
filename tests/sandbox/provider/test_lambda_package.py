"""Which file `filename` means, when Terraform runs somewhere else than the provider."""

import base64
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hybridctl.sandbox.provider.lambda_package import callers, read_package
from hybridctl.sandbox.provider.resource import Problem

CONNECTS = """
import socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
sys.stdin.read()
"""


@contextmanager
def connect_from(folder: Path, listening: socket.socket) -> Iterator[None]:
    """A process that works in `folder` and is connected to this one."""
    folder.mkdir(exist_ok=True)
    line = [sys.executable, "-c", CONNECTS, listening.getsockname()]
    with subprocess.Popen(line, cwd=folder, stdin=subprocess.PIPE) as process:
        accepted, _ = listening.accept()
        with accepted:
            try:
                yield
            finally:
                process.kill()


def hash_of(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is at the other end")
def test_a_relative_path_is_looked_for_where_terraform_runs(tmp_path: Path):
    address = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        server.settimeout(10)
        one, two = tmp_path / "one", tmp_path / "two"
        with connect_from(one, server), connect_from(two, server):
            assert {one, two} <= set(callers())
            (one / "f.zip").write_bytes(b"one")
            assert read_package("f.zip", None) == b"one"
            (two / "f.zip").write_bytes(b"two")
            assert read_package("f.zip", hash_of(b"two")) == b"two"
            assert read_package("f.zip", hash_of(b"one")) == b"one"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists the descriptors of a process")
def test_looking_for_terraform_leaves_no_descriptor_open(tmp_path: Path):
    with (tmp_path / "a file").open("w"), socket.socket(), socket.socketpair()[0]:
        list(callers())
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            list(callers())
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(Problem, match=r"gone\.zip"):
        read_package(str(tmp_path / "gone.zip"), None)
    with pytest.raises(Problem) as problem:
        read_package("gone.zip", None, folders=list)
    assert "absolute path" in problem.value.detail
