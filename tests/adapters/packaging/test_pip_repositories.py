"""Requirements from a repository: a branch that moved, one that is not there, and one that pip builds by itself."""

import functools
import http.server
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hybridctl.errors import BuildFailed

TAG = f"cp399-cp399-linux_{os.uname().machine}"
BACKEND = """
import zipfile
TAG = {tag!r}
def build_wheel(folder, settings=None, metadata=None):
    name = f"native-1-{{TAG}}.whl"
    info = "native-1.dist-info"
    with zipfile.ZipFile(f"{{folder}}/{{name}}", "w") as wheel:
        wheel.writestr("native.py", {body!r})
        wheel.writestr(f"{{info}}/METADATA", "Metadata-Version: 2.1\\nName: native\\nVersion: 1\\n")
        wheel.writestr(f"{{info}}/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {{TAG}}\\n")
        wheel.writestr(f"{{info}}/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "made"
backend-path = ["."]
[project]
name = "native"
version = "1"
"""
WHO = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass
class Repository:
    """A git repository that is served over HTTP, as a file tree."""

    folder: Path
    url: str

    def git(self, *arguments: str) -> str:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        line = ["git", "-c", "commit.gpgsign=false", *arguments]
        ran = subprocess.run(line, cwd=self.folder, env=plain | WHO, capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    def commit(self, body: str, tag: str = "py3-none-any") -> str:
        (self.folder / "made.py").write_text(BACKEND.format(tag=tag, body=body))
        (self.folder / "pyproject.toml").write_text(PROJECT)
        self.git("add", ".")
        self.git("commit", "-qm", body)
        self.git("update-server-info")
        return self.git("rev-parse", "HEAD")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    folder = tmp_path / "native"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made = Repository(folder, f"http://127.0.0.1:{server.server_port}/native/.git")
        made.git("init", "-q", "-b", "main")
        yield made
        server.shutdown()


def test_a_branch_that_moved_is_noticed_and_named(checkout, repository):
    first = repository.commit("x = 1")
    checkout.require(f"native @ git+{repository.url}@main\n")
    package = checkout.build()
    assert checkout.read("native.py") == "x = 1"
    assert f"is required at main, now {first[:12]}: pin the commit" in " ".join(package.notes)
    assert not checkout.build().fresh
    repository.commit("x = 2")
    assert checkout.build().fresh
    assert checkout.read("native.py") == "x = 2"


def test_a_pinned_commit_is_asked_for_once(checkout, repository):
    commit = repository.commit("x = 1")
    checkout.require(f"native @ git+{repository.url}@{commit}\n")
    package = checkout.build()
    assert "pin the commit" not in " ".join(package.notes)
    repository.folder.rename(repository.folder.with_name("gone"))
    assert not checkout.build().fresh


def test_a_repository_that_does_not_answer_is_reported_with_gits_own_reason(checkout, repository):
    checkout.require(f"native @ git+{repository.url.replace('native', 'absent')}@main\n")
    with pytest.raises(BuildFailed, match=r"cloning http://127\.0\.0\.1:\d+/absent/\.git.*: .*not found") as failure:
        checkout.build()
    assert "your access to it" in str(failure.value.hint)
    assert "This error originates" not in str(failure.value)


def test_a_host_that_cannot_be_reached_is_named(checkout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    checkout.require(f"x @ http://u:S3cr3tT0ken@127.0.0.1:{port}/x-1.0-py3-none-any.whl\n")
    with pytest.raises(BuildFailed, match=r"127\.0\.0\.1 cannot be reached") as failure:
        checkout.build({"PIP_RETRIES": "0"})
    assert "S3cr3tT0ken" not in f"{failure.value} {failure.value.hint}"
    assert "object at" not in str(failure.value)


def test_what_pip_builds_for_this_machine_is_refused_by_name(checkout, repository):
    repository.commit("x = 1", tag=TAG)
    checkout.require(f"native @ git+{repository.url}@main\n")
    with pytest.raises(BuildFailed, match=r"native-1 was built for cp399|native-1-cp399.* is not a supported wheel"):
        checkout.build()


@pytest.mark.parametrize("variable", ["PYTHONWARNINGS", "PYTHONVERBOSE"])
def test_pythons_variables_do_not_change_the_reason(checkout, variable):
    checkout.require("absent==1\n")
    with pytest.raises(BuildFailed) as plain:
        checkout.build(python=sys.executable)
    with pytest.raises(BuildFailed) as with_it:
        checkout.build({variable: "error" if variable == "PYTHONWARNINGS" else "1"}, python=sys.executable)
    assert str(with_it.value) == str(plain.value)
    assert "absent==1 has no wheel" in str(plain.value)


def test_a_variable_in_a_requirement_is_noticed_when_it_changes(checkout):
    checkout.wheel("pure")
    checkout.require("${WHAT}\n")
    assert checkout.build({"WHAT": "pure"}).fresh
    assert not checkout.build({"WHAT": "pure"}).fresh
    checkout.wheel("other")
    assert checkout.build({"WHAT": "other"}).fresh
    assert "other.py" in checkout.names()


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("pure>=2", "holds pure==1.0"),
        ("pure!=1.0", "holds pure==1.0"),
        ("pure @ https://example.com/pure-1.0-py3-none-any.whl", "holds pure==1.0"),
        ("git+https://u:S3cr3tT0ken@example.com/x#egg=missing", "is missing"),
        ("other ; python_version >= '3.13'", "is missing"),
        ("-r more.txt", "is missing"),
    ],
)
def test_every_requirement_is_looked_for_in_the_lock(checkout, asked, problem):
    (checkout.source / "more.txt").write_text("nested\n")
    checkout.require(f"{asked}\n", lock="pure==1.0 --hash=sha256:00\n")
    with pytest.raises(BuildFailed, match="does not match") as failure:
        checkout.build()
    assert problem in str(failure.value)
    assert "S3cr3tT0ken" not in str(failure.value)


@pytest.mark.parametrize(
    "asked", ["pure", "pure>=0.5,<2", "Pure[x]~=1.0", "other ; sys_platform == 'win32'", "-c limits.txt"]
)
def test_a_requirement_that_the_lock_holds_passes(checkout, asked):
    import hashlib

    (checkout.source / "limits.txt").write_text("unused<3\n")
    wheel = checkout.wheel("pure")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    checkout.require(f"{asked}\n", lock=f"pure==1.0 --hash=sha256:{digest}\n")
    assert checkout.build().fresh
