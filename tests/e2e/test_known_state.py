"""On the real sandbox: provisioned concurrency from deploy to rollback, and a canary whose output nobody reads."""

import os
import pty
import subprocess
import sys
import time

from e2e.conftest import HANDLER, Clone


def change(clone: Clone, number: int) -> None:
    clone.edit(HANDLER, lambda text: f"{text}\n_CHANGE = {number}\n")


def allocation(clone: Clone, text: str) -> None:
    (clone.root / ".hybridctl/sandbox/allocation").write_text(text, encoding="utf-8")


def test_provisioned_concurrency_from_deploy_to_rollback(deployed: Clone):
    deployed.must("deploy", "local", "--var", "lambda_provisioned_concurrency=1", "--save")
    before = deployed.live_version()
    change(deployed, 1)
    allocation(deployed, "2")
    released = deployed.must("deploy", "local")
    assert "is warm" in released.err
    assert released.err.index("allocate") < released.err.index("verify")
    after = deployed.live_version()
    assert after != before
    allocation(deployed, "60")
    deployed.must("rollback", "local", "-m", "a rehearsal")
    assert deployed.live_version() == before
    allocation(deployed, "0.5")
    again = deployed.must("deploy", "local")
    assert "a rehearsal" in again.err


def test_a_canary_whose_terminal_dies_is_taken_back_or_finished(deployed: Clone):
    change(deployed, 2)
    before = deployed.live_version()
    master, slave = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "hybridctl", "deploy", "local", "--strategy", "canary:30@4s", "--probe", "200"],
        cwd=deployed.root,
        env=deployed.environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    output = b""
    deadline = time.monotonic() + 120
    while b"watch" not in output and time.monotonic() < deadline:
        output += os.read(master, 65536)
    os.close(master)
    code = running.wait(120)
    status = deployed.must("--output", "json", "status", env={"COLUMNS": "80"}) if code == 0 else deployed.run("status")
    live = deployed.live_version()
    assert "running" not in deployed.must("releases", "local").out
    assert (code == 0) == (live != before), (code, live, before, status.all)


def test_a_canary_whose_reader_is_gone_goes_on_to_its_end(deployed: Clone):
    change(deployed, 3)
    before = deployed.live_version()
    running = deployed.start("deploy", "local", "--strategy", "canary:30@4s", "--probe", "200")
    assert running.stderr is not None
    assert running.stdout is not None
    for line in running.stderr:
        if "shift" in line:
            break
    running.stderr.close()
    running.stdout.close()
    running.wait(120)
    releases = deployed.must("--output", "json", "releases", "local").json["releases"]
    newest = max(releases, key=lambda one: one["started"])
    assert newest["outcome"] == "live", newest
    assert deployed.live_version() != before
