"""This machine as it is: Python, folders, disk, sandbox, source, git, engine, proxy and plans that were left over."""

import os
import socket
import subprocess
import sys

import pytest

from hybridctl.adapters import prerequisites
from hybridctl.adapters.prerequisites import ThisMachine
from hybridctl.errors import ConfigurationInvalid, EngineMissing, FileUnwritable, NotFound, SandboxFailed


def machine(tmp_path, **environ):
    (tmp_path / "src").mkdir(exist_ok=True)
    needed = {"function.source": tmp_path / "src"}
    return ThisMachine(tmp_path, tmp_path / ".hybridctl", None, {"PATH": os.environ["PATH"]} | environ, needed)


def test_this_machine_is_what_it_says(tmp_path):
    here = machine(tmp_path)
    assert str(sys.version_info[1]) in here.python()
    assert "GB free" in here.private_folder()
    assert here.source() == "src"
    assert here.sandbox() == "its packages are installed"
    assert here.proxy() == "no proxy for AWS"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / ".hybridctl").write_text("a file")
    with pytest.raises(FileUnwritable, match=r"\.hybridctl cannot be written"):
        machine(tmp_path).private_folder()


def test_a_disk_that_is_nearly_full_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(prerequisites, "ROOM_GB", 10**9)
    with pytest.raises(FileUnwritable, match="GB free"):
        machine(tmp_path).private_folder()


def test_a_sandbox_that_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(prerequisites, "_SANDBOX_PARTS", ("tf", "no_such_part"))
    with pytest.raises(SandboxFailed, match="not installed: no_such_part"):
        machine(tmp_path).sandbox()


def test_a_source_folder_that_is_not_there_is_named(tmp_path):
    here = machine(tmp_path)
    (tmp_path / "src").rmdir()
    with pytest.raises(ConfigurationInvalid, match="there is no folder"):
        here.source()


def test_without_git_or_an_engine_of_the_name_it_says_so(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NotFound, match="git is not on PATH"):
        machine(tmp_path, PATH=str(empty)).git()
    with pytest.raises(EngineMissing, match="terraform: not on PATH"):
        ThisMachine(tmp_path, tmp_path, "terraform", {"PATH": str(empty)}, {}).engine()


@pytest.mark.parametrize("address", ["http://[::1", "://", "http://"])
def test_a_proxy_that_is_not_an_address_is_named(tmp_path, address):
    with pytest.raises(ConfigurationInvalid, match="HTTPS_PROXY is not a proxy address"):
        machine(tmp_path, HTTPS_PROXY=address).proxy()


def test_a_proxy_has_to_answer(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert machine(tmp_path, https_proxy=f"127.0.0.1:{port}").proxy() == f"127.0.0.1:{port} (https_proxy)"
    with pytest.raises(NotFound, match=f"the proxy 127.0.0.1:{port} in HTTPS_PROXY does not respond"):
        machine(tmp_path, HTTPS_PROXY=f"http://127.0.0.1:{port}").proxy()


def test_only_plans_of_dead_processes_are_left_over(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    plans = tmp_path / ".hybridctl" / "terraform" / "plans"
    plans.mkdir(parents=True)
    for name in (f"local-{ended.pid}.tfplan", f"local-{os.getpid()}.tfplan", "mine.tfplan"):
        (plans / name).touch()
    here = machine(tmp_path)
    assert here.leftovers() == [f"local-{ended.pid}.tfplan"]
    assert here.remove_leftovers() == "deleted 1 plan file"
    assert sorted(path.name for path in plans.iterdir()) == sorted([f"local-{os.getpid()}.tfplan", "mine.tfplan"])
