"""`kill -9` of the real process where Terraform, files or the sandbox have a part; one further command makes all well.

tests/operations/test_release_killed.py kills a release after each change that it makes, on fakes.
"""

import signal

import pytest

from faults.gate import Fault
from faults.rig import FaultRecorder, Rig

KILLED = -signal.SIGKILL
STEPS = ["build", "plan"]
CALLS = {
    "apply, in the middle": Fault("lambda:UpdateFunctionCode", held=True, performed=True),
    "apply, writing the state": Fault(r"s3:PutObject .*tfstate$", held=True),
    "shift, after it": Fault("lambda:UpdateAlias", held=True, performed=True),
    "record, half of it": Fault("s3:DeleteObject .*/running", held=True),
}


@pytest.mark.parametrize("where", STEPS)
def test_before_the_claim_a_kill_leaves_nothing(rig: Rig, record_fault: FaultRecorder, where: str):
    rig.edit()
    killed = rig.stop_at(["deploy", "local"], where, signal.SIGKILL)
    assert killed.code == KILLED
    rig.must_be_well()
    record_fault(f"kill -9 at {where}", killed.code, "nothing")


@pytest.mark.parametrize("where", CALLS)
def test_one_deploy_repairs_what_a_kill_left(rig: Rig, record_fault: FaultRecorder, where: str):
    rig.edit()
    killed = rig.stop_at(["deploy", "local"], CALLS[where], signal.SIGKILL)
    assert killed.code == KILLED
    if where == "shift, after it":
        status = rig.clone.run("status", "local")
        assert (status.code, status.out.splitlines()[-1]) == (5, "→ hybridctl deploy local"), status.all
    ran = rig.clone.run("deploy", "local")
    assert ran.code == 0, ran.all
    rig.must_be_well()
    record_fault(f"kill -9 at {where}", killed.code, "deploy")


def test_a_killed_rollback_is_continued_by_the_next_one(rig: Rig, record_fault: FaultRecorder):
    rig.edit()
    rig.clone.must("deploy", "local")
    target = rig.previous()
    killed = rig.stop_at(["rollback", "local"], Fault("lambda:UpdateAlias", held=True, performed=True), signal.SIGKILL)
    assert killed.code == KILLED
    ran = rig.clone.run("rollback", "local")
    assert ran.code == 0, ran.all
    rig.must_be_well()
    assert rig.alias()["FunctionVersion"] == target
    record_fault("kill -9 of a rollback before verify", killed.code, "rollback")


def test_a_killed_canary_is_reported_and_taken_back(rig: Rig, record_fault: FaultRecorder):
    rig.edit()
    before = rig.alias()["FunctionVersion"]
    after = Fault("lambda:UpdateAlias", held=True, performed=True)
    killed = rig.stop_at(["deploy", "local", "--strategy", "canary:50@5m"], after, signal.SIGKILL)
    status = rig.clone.run("status", "local")
    assert status.out.splitlines()[-1] == "→ hybridctl promote local, or hybridctl abort local", status.all
    refused = rig.clone.run("deploy", "local")
    assert refused.code == 4, refused.all
    ran = rig.clone.run("abort", "local")
    assert ran.code == 0, ran.all
    rig.must_be_well()
    assert rig.alias()["FunctionVersion"] == before
    record_fault("kill -9 at the first shift of a canary", killed.code, "abort")


def test_a_canary_killed_at_its_last_shift_is_promoted(rig: Rig, record_fault: FaultRecorder):
    rig.edit()
    before = int(rig.alias()["FunctionVersion"])
    last = Fault("lambda:UpdateAlias", nth=2, held=True, performed=True)
    canary = ["deploy", "local", "--strategy", "canary:60@4s", "--probe", "200"]
    killed = rig.stop_at(canary, last, signal.SIGKILL)
    ran = rig.clone.run("promote", "local")
    assert ran.code == 0, ran.all
    rig.must_be_well()
    assert int(rig.alias()["FunctionVersion"]) > before
    record_fault("kill -9 at the last shift of a canary", killed.code, "promote")


@pytest.mark.parametrize(("batch", "when"), [(1, "before it"), (24, "after it")])
def test_a_revocation_killed_at_any_batch_holds_and_running_it_again_deletes_the_rest(
    rig: Rig, record_fault: FaultRecorder, batch: int, when: str
):
    user = f"user-{batch}-{when[:5]}"
    ids = rig.sessions_of(user, 600)
    assert rig.is_valid(ids[0])
    at_batch = Fault("dynamodb:BatchWriteItem", nth=batch, held=True, performed=when == "after it")
    killed = rig.stop_at(["sessions", "revoke", user], at_batch, signal.SIGKILL)
    assert killed.code == KILLED
    left = 600 - 25 * (batch if when == "after it" else batch - 1)
    assert rig.count_of(user) == left
    assert not any(rig.is_valid(one) for one in (ids[0], ids[300], ids[-1]))
    again = rig.clone.must("--output", "json", "sessions", "revoke", user).json
    assert (again["deleted"], again["remaining"]) == (left, 0)
    assert rig.count_of(user) == 0
    record_fault(f"kill -9 of a clean-up, batch {batch}, {when}", killed.code, "sessions revoke")
