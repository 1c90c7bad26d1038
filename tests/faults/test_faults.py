"""Ctrl-C at each step, killed helpers, and an AWS that refuses, throttles, fails or loses its answers."""

import os
import signal
import time

import pytest

from faults.gate import Fault
from faults.rig import FUNCTION, FaultRecorder, Rig

PRESSES: dict[str, Fault | str] = {
    "plan": "plan",
    "apply, in the middle": Fault("lambda:UpdateFunctionCode", held=True, performed=True),
    "verify": Fault("api:Get /health", held=True),
}
PASSING = {
    "the claim written, answer lost": Fault("s3:PutObject .*/running", lost=True),
    "the claim kept, answer lost": Fault("s3:PutObject .*/running", nth=2, lost=True),
    "UpdateFunctionCode throttled, 429": Fault("lambda:UpdateFunctionCode", 1, 2, 429, "TooManyRequestsException"),
    "Invoke answered, answer lost": Fault("lambda:Invoke", lost=True),
    "Invoke failing, 500": Fault("lambda:Invoke", 3, 1, 500, "ServiceException"),
    "UpdateAlias failing, 500": Fault("lambda:UpdateAlias", 1, 1, 500, "ServiceException"),
    "UpdateAlias performed, answer lost": Fault("lambda:UpdateAlias", nth=2, lost=True),
    "GetAlias throttled, 429": Fault("lambda:GetAlias", 1, 2, 429, "TooManyRequestsException"),
    "S3 slowing down, 503": Fault("s3:GetObject .*tfstate$", 1, 1, 503, "SlowDown"),
}
ALWAYS = 1000
IMPATIENT = {"HYBRIDCTL_PATIENCE_SILENCE": "3", "HYBRIDCTL_PATIENCE_PERMISSION": "3"}
FAILING = {
    "code storage full": (Fault("lambda:UpdateFunctionCode", 1, ALWAYS, 400, "CodeStorageExceededException"), 1),
    "UpdateAlias refused": (Fault("lambda:UpdateAlias", 1, ALWAYS, 403, "AccessDeniedException"), 1),
    "alias unreadable after the shift": (
        Fault("lambda:GetAlias", 1, ALWAYS, 403, "AccessDeniedException", after="lambda:UpdateAlias"),
        8,
    ),
    "the record refused at its end": (Fault("s3:PutObject .*releases.*json", 3, ALWAYS, 403, "AccessDenied"), 1),
}
LEAVE_SOMETHING = {"alias unreadable after the shift", "the record refused at its end"}


@pytest.mark.parametrize("where", PRESSES)
def test_ctrl_c_leaves_everything_healthy_by_itself(rig: Rig, record_fault: FaultRecorder, where: str):
    rig.edit()
    before = rig.alias()["FunctionVersion"]
    ran = rig.stop_at(["deploy", "local"], PRESSES[where], signal.SIGINT)
    assert ran.code == 130, ran.all
    assert "Traceback" not in ran.err
    rig.must_be_well()
    assert rig.alias()["FunctionVersion"] == before
    record_fault(f"Ctrl-C in {where}", ran.code, "nothing")


def test_a_cancelled_job_leaves_everything_healthy_by_itself(rig: Rig, record_fault: FaultRecorder):
    """What CI sends is SIGTERM."""
    rig.edit()
    ran = rig.stop_at(["deploy", "local"], Fault("api:Get /health", held=True), signal.SIGTERM)
    assert ran.code == 130, ran.all
    rig.must_be_well()
    record_fault("SIGTERM in verify", ran.code, "nothing")


def test_what_passes_or_only_lost_its_answer_is_not_a_failure(rig: Rig, record_fault: FaultRecorder):
    """All of them in one deploy: each is met, and none is noticed."""
    rig.edit()
    for fault in PASSING.values():
        rig.gate.arm(fault)
    ran = rig.clone.run("deploy", "local")
    rig.gate.lift()
    assert ran.code == 0, ran.all
    assert [what for what, fault in PASSING.items() if not fault.met.is_set()] == []
    rig.must_be_well()
    for what in PASSING:
        record_fault(what, ran.code, "nothing")


@pytest.mark.parametrize("what", FAILING)
def test_what_fails_permanently_is_explained_and_leaves_everything_healthy(
    rig: Rig, record_fault: FaultRecorder, what: str
):
    rig.edit()
    fault, code = FAILING[what]
    rig.gate.arm(fault)
    failed = rig.clone.run("deploy", "local", env=IMPATIENT)
    rig.gate.lift()
    assert fault.met.is_set()
    assert failed.code == code, failed.all
    assert "Traceback" not in failed.err
    assert "hint: " in failed.err
    if what in LEAVE_SOMETHING:
        ran = rig.clone.run("deploy", "local")
        assert ran.code == 0, ran.all
    rig.must_be_well()
    record_fault(what, failed.code, "deploy" if what in LEAVE_SOMETHING else "nothing")


def test_an_alias_that_someone_else_moves_in_between_is_not_overwritten(rig: Rig, record_fault: FaultRecorder):
    rig.edit()
    held = rig.gate.arm(Fault("lambda:UpdateAlias", held=True))
    with rig.running("deploy", "local") as process:
        assert held.met.wait(60)
        client = rig.client("lambda")
        newest = client.list_versions_by_function(FunctionName=FUNCTION)["Versions"][-1]["Version"]
        shared = {"AdditionalVersionWeights": {newest: 0.5}}
        client.update_alias(FunctionName=FUNCTION, Name="live", RoutingConfig=shared)
        rig.gate.lift()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert "someone else moved it" in err
    refused = rig.clone.run("deploy", "local")
    assert (refused.code, "no release of hybridctl did that" in refused.err) == (4, True), refused.all
    client.update_alias(FunctionName=FUNCTION, Name="live", RoutingConfig={})
    ran = rig.clone.run("deploy", "local")
    assert ran.code == 0, ran.all
    rig.must_be_well()
    record_fault("traffic split by someone else", process.returncode, "deploy")


@pytest.mark.parametrize("victims", ["Terraform", "Terraform and hybridctl"])
def test_a_killed_terraform_leaves_a_lock_that_the_next_deploy_removes(
    rig: Rig, record_fault: FaultRecorder, victims: str
):
    rig.edit()
    held = rig.gate.arm(Fault("lambda:UpdateFunctionCode", held=True, performed=True))
    with rig.running("deploy", "local", own_interpreter=True) as process:
        assert held.met.wait(60)
        while not rig.lock_is_noted():  # hybridctl has yet to hear that the apply began
            time.sleep(0.02)
            assert process.poll() is None
        terraform = child_of(process.pid)
        if "hybridctl" in victims:
            process.kill()
        os.kill(terraform, signal.SIGKILL)
        _, err = process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if "hybridctl" in victims else 8), err
    rig.gate.lift()
    ran = rig.clone.run("deploy", "local")
    assert ran.code == 0, ran.all
    assert "removed the stale lock of a dead apply" in ran.err
    rig.must_be_well()
    record_fault(f"kill -9 of {victims}", process.returncode, "deploy")


def test_a_state_that_could_not_be_written_is_found_explained_and_pushed(rig: Rig, record_fault: FaultRecorder):
    rig.edit()
    rig.gate.arm(Fault(r"s3:PutObject .*tfstate$", 1, ALWAYS, 403, "AccessDenied"))
    failed = rig.clone.run("deploy", "local")
    rig.gate.lift()
    assert failed.code == 8, failed.all
    again = rig.clone.run("deploy", "local")
    assert again.code == 8, again.all
    assert "hybridctl state push local" in again.err
    ran = rig.clone.run("state", "push", "local")
    assert ran.code == 0, ran.all
    rig.must_be_well()
    rig.clone.must("deploy", "local")
    rig.must_be_well()
    record_fault("S3 refuses the state", failed.code, "state push")


def test_a_sandbox_that_is_killed_starts_again_with_what_it_had(rig: Rig, record_fault: FaultRecorder):
    rig.edit()
    held = rig.gate.arm(Fault("lambda:Invoke", held=True))
    with rig.running("deploy", "local", env=IMPATIENT) as process:
        assert held.met.wait(60)
        os.kill(rig.sandbox_pid(), signal.SIGKILL)
        rig.gate.lift()
        _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    ran = rig.clone.run("deploy", "local")
    assert ran.code == 0, ran.all
    rig.enter()
    rig.must_be_well()
    record_fault("kill -9 of the sandbox", process.returncode, "deploy")


def child_of(pid: int) -> int:
    """The one child of a process."""
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        [child] = children.read().split()
    return int(child)
