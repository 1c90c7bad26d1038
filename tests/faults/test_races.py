"""Two engineers at once: exactly one wins, and the other learns who."""

import socket
import subprocess

from faults.gate import Fault
from faults.rig import FaultRecorder, Rig


def race(rig: Rig, *commands: list[str]) -> dict[str, tuple[int, str]]:
    """Run the commands side by side, and pass on their claims on the environment only once all have made one.

    An unanswered claim would be made again after a random pause, in which the other command may have come to its end.
    """
    start = rig.gate.arm(Fault("s3:PutObject .*/running", times=len(commands), held=True, late=True))
    running: dict[str, subprocess.Popen[str]] = {}
    with rig.running(*commands[0]) as first, rig.running(*commands[1]) as second:
        running = {commands[0][0]: first, commands[1][0]: second}
        while start.seen < len(commands):
            assert [one.poll() for one in running.values()] == [None, None], "one ended before it had a claim to make"
            start.met.wait(0.05)
        rig.gate.lift()
        outputs = {name: process.communicate(timeout=120)[1] for name, process in running.items()}
    return {name: (process.returncode, outputs[name]) for name, process in running.items()}


def one_wins(ended: dict[str, tuple[int, str]]) -> str:
    """The winner's name; the other one learns who it was."""
    assert sorted(code for code, _ in ended.values()) == [0, 4], ended
    [(_, err)] = [outcome for outcome in ended.values() if outcome[0] == 4]
    assert f" on {socket.gethostname()}:" in err
    assert "Traceback" not in err
    return next(name for name, (code, _) in ended.items() if code == 0)


def test_deploy_against_rollback(rig: Rig, record_fault: FaultRecorder):
    rig.edit()
    rig.clone.must("deploy", "local")
    now, target = rig.alias()["FunctionVersion"], rig.previous()
    rig.edit()
    winner = one_wins(race(rig, ["deploy", "local"], ["rollback", "local"]))
    rig.must_be_well()
    live = rig.alias()["FunctionVersion"]
    assert live == target if winner == "rollback" else int(live) > int(now)
    record_fault(f"deploy against rollback: {winner} won", 4, "nothing")


def test_promote_against_abort(rig: Rig, record_fault: FaultRecorder):
    rig.edit()
    before = rig.alias()["FunctionVersion"]
    rig.clone.must("deploy", "local", "--strategy", "blue-green")
    winner = one_wins(race(rig, ["promote", "local"], ["abort", "local"]))
    rig.must_be_well()
    assert (rig.alias()["FunctionVersion"] == before) is (winner == "abort")
    record_fault(f"promote against abort: {winner} won", 4, "nothing")


def test_a_rollback_while_a_deploy_waits_for_its_claim(rig: Rig, record_fault: FaultRecorder):
    """What the deploy was planned on has gone by then: it ends before it changes anything."""
    rig.edit()
    rig.clone.must("deploy", "local")
    target = rig.previous()
    rig.edit()
    claim = rig.gate.arm(Fault("s3:PutObject .*/running", held=True))
    with rig.running("deploy", "local") as deploy:
        assert claim.met.wait(60)
        rig.clone.must("rollback", "local")
        rig.gate.lift()
        output = deploy.communicate(timeout=120)[1]
    assert (deploy.returncode, "changed local after this deploy was planned" in output) == (4, True), output
    rig.must_be_well()
    assert rig.alias()["FunctionVersion"] == target
    assert "moved outside" not in rig.clone.must("status", "local").all
    record_fault("a rollback while a deploy waits for its claim", 4, "nothing")
