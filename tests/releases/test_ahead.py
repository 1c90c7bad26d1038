"""Reads that begin early: each raises where its answer is used, and one that nobody needs stops nothing."""

import subprocess
import sys
import threading

import pytest

from hybridctl.errors import AwsRefused
from hybridctl.operations.ahead import read_ahead


def test_a_read_runs_beside_whoever_asked_for_it():
    asked = threading.Event()
    answer = read_ahead(lambda: asked.wait(10))
    asked.set()
    assert answer() is True


def test_a_read_that_fails_raises_where_its_answer_is_used_and_as_often():
    def refuse() -> None:
        raise AwsRefused("access denied")

    answer = read_ahead(refuse)
    for _ in range(2):
        with pytest.raises(AwsRefused, match="access denied"):
            answer()


def test_a_read_that_nobody_waits_for_does_not_keep_the_process(tmp_path):
    code = "import time; from hybridctl.operations.ahead import read_ahead; read_ahead(lambda: time.sleep(60))"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=20)
