"""Reads that begin early: each raises where its answer is used, and one that is not needed stops nothing."""

import subprocess
import sys
import threading

import pytest

from fakes import FakeBackend
from fakes.releases import RecordingSteps
from hybridctl.domain.engine import READING, EngineEvent
from hybridctl.errors import AwsRefused
from hybridctl.operations.plan import prepare
from hybridctl.operations.proposal import Proposal
from hybridctl.operations.read_ahead import read_ahead


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
    code = "import time; from hybridctl.operations.read_ahead import read_ahead; read_ahead(lambda: time.sleep(60))"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=20)


@pytest.mark.parametrize(("backend", "looks"), [(FakeBackend.deployed(1), 0), (FakeBackend(), 1)])
def test_the_bucket_is_looked_at_where_no_state_says_that_it_is_complete(monkeypatch, backend, looks):
    looked = []
    monkeypatch.setattr(backend.foundation, "complete", lambda: looked.append("at the bucket"))
    prepare(backend, RecordingSteps(), Proposal(bootstraps=True))
    assert len(looked) == looks


def test_a_state_that_cannot_be_read_is_an_error_of_the_plan_after_the_look_at_the_bucket(monkeypatch):
    backend = FakeBackend.deployed(1)
    progress = RecordingSteps()

    def refuse() -> None:
        raise AwsRefused("access denied")

    monkeypatch.setattr(backend.state, "outputs", refuse)
    with pytest.raises(AwsRefused, match="access denied"):
        prepare(backend, progress, Proposal(bootstraps=True))
    assert [step for step, _ in progress.said][-1] == "init"  # which has ended: the error is that of the next step


def test_other_reads_start_once_terraform_has_and_their_errors_stop_nothing(monkeypatch):
    backend, course = FakeBackend.deployed(1), []
    plan, done = backend.terraform.plan, threading.Event()

    def plan_with_events(request, heard):
        course.append("Terraform starts")
        heard(EngineEvent("started", "Terraform is starting"))
        assert done.wait(10)
        heard(EngineEvent("refresh_start", "…"))
        return plan(request, heard)

    def read() -> None:
        course.append("read")
        done.set()
        raise AwsRefused("access denied")

    monkeypatch.setattr(backend.terraform, "plan", plan_with_events)
    prepare(backend, RecordingSteps(), Proposal(), meanwhile=[read])
    assert course == ["Terraform starts", "read"]


@pytest.mark.parametrize("kinds", [("started", "refresh_complete"), ("started", READING)], ids=["no change", "changes"])
def test_what_only_a_change_needs_is_read_while_a_plan_with_changes_is(monkeypatch, kinds):
    backend, read = FakeBackend.deployed(1), threading.Event()
    plan = backend.terraform.plan

    def plan_with_events(request, heard):
        for kind in kinds:
            assert not read.is_set()
            heard(EngineEvent(kind, "\u2026"))
        assert read.wait(10 if READING in kinds else 0.1) == (READING in kinds)
        return plan(request, heard)

    monkeypatch.setattr(backend.terraform, "plan", plan_with_events)
    prepare(backend, RecordingSteps(), Proposal(), for_changes=[read.set])
