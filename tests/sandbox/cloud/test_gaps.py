"""What a rehearsal cannot show is listed by a command, and is reported where it can hide a failure."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fakes import FakeBackend, FakePrerequisites
from hybridctl.adapters.sandbox import LocalSandbox
from hybridctl.sandbox.cloud import gaps
from hybridctl.sandbox.cloud.gaps import read_gaps
from hybridctl.sandbox.cloud.runtime import isolation


def test_every_difference_that_is_left_is_listed_in_words_of_its_own(tmp_path: Path):
    found = LocalSandbox(tmp_path).gaps()
    assert len(found.differences) >= sum(not gap.test for gap in read_gaps())
    assert [one for one in found.differences if re.search(r"the same|test_", one.here) or not one.here] == []
    message = " ".join(one.here for one in found.differences)
    for word in ("outside /tmp", "every call is allowed", "unless started with --enforce-iam"):
        assert word in message
    assert "aws_lambda_function" in found.resources


@pytest.mark.skipif(not shutil.which("setpriv"), reason="there is no `setpriv` to take the permission away")
def test_a_process_that_may_not_mount_is_known():
    """The witness is the kernel: without CAP_SYS_ADMIN it refuses the namespace."""
    kept = subprocess.run(["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", "true"], check=False)
    if kept.returncode:
        pytest.skip("this user cannot drop a capability")
    line = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", sys.executable, isolation.__file__]
    assert subprocess.run(line, check=False).returncode == 1


@pytest.mark.skipif(sys.platform != "linux", reason="there is nothing to test elsewhere")
def test_the_machine_is_tested_once(tmp_path, monkeypatch):
    started, python = tmp_path / "started", tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho >> '{started}'\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    isolation.is_possible.cache_clear()
    try:
        assert [isolation.is_possible(), isolation.is_possible()] == [True, True]
        assert started.read_text() == "\n"
    finally:
        isolation.is_possible.cache_clear()


def test_doctor_deploy_and_the_list_report_it(hybridctl):
    lacking = FakePrerequisites(not_isolated="a function can write outside /tmp here")
    for words in (("doctor", "local"), ("deploy", "local"), ("sandbox", "gaps")):
        ran = hybridctl(*words, backend=FakeBackend.deployed(1), prerequisites=lacking)
        assert "a function can write outside /tmp here" in " ".join(f"{ran.out} {ran.err}".split()), words


def test_throttling_in_the_sandbox_says_that_tables_never_run_out(hybridctl):
    assert (
        "no table of the sandbox runs out"
        in hybridctl("troubleshoot", "throttling", backend=FakeBackend.deployed(1)).err
    )


TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("node", sorted({gap.test for gap in gaps.read_gaps() if gap.test}))
def test_the_test_that_a_row_names_is_there(node):
    file, _, name = node.partition("::")
    tree = ast.parse((TESTS / file).read_text())
    assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
