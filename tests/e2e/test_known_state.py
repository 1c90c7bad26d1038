"""On the real sandbox: provisioned concurrency from kill -9 to rollback, and a canary whose output nobody reads."""

import os
import pty
import subprocess
import sys
import time

from e2e.conftest import HANDLER, Clone
from fakes.sandbox_clients import client_of

FUNCTION = "hybrid-ci-cd-local"


def change(clone: Clone, number: int) -> None:
    clone.edit(HANDLER, lambda text: f"{text}\n_CHANGE = {number}\n")


def allocation(clone: Clone, text: str) -> None:
    (clone.root / ".hybridctl/sandbox/allocation").write_text(text, encoding="utf-8")


def test_a_deploy_after_a_kill_clears_the_weights_before_it_changes_the_concurrency(deployed: Clone):
    """With weights, PutProvisionedConcurrencyConfig is refused, on AWS and by the sandbox: the apply would fail."""
    deployed.must("deploy", "local", "--var", "lambda_provisioned_concurrency=1", "--save")
    before = deployed.live_version()
    change(deployed, 1)
    allocation(deployed, "600")
    running = deployed.start("deploy", "local")
    assert running.stderr is not None
    assert any("shift" in line for line in running.stderr), "it ended before it moved the alias"
    running.kill()
    running.wait(60)
    client = client_of(deployed.exports, "lambda")
    alias = client.get_alias(FunctionName=FUNCTION, Name="live")
    assert alias["RoutingConfig"]["AdditionalVersionWeights"] == {before: 1.0}
    killed = alias["FunctionVersion"]
    allocation(deployed, "0.2")
    ran = deployed.must("deploy", "local", "--var", "lambda_provisioned_concurrency=2", "--save")
    assert f"live serves version {before}; the move to version {killed} had not finished" in ran.err
    alias = client.get_alias(FunctionName=FUNCTION, Name="live")
    assert int(alias["FunctionVersion"]) >= int(killed)
    assert not alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")
    kept = client.get_provisioned_concurrency_config(FunctionName=FUNCTION, Qualifier="live")
    assert (kept["RequestedProvisionedConcurrentExecutions"], kept["Status"]) == (2, "READY")
    assert deployed.must("status", "local").code == 0


def test_provisioned_concurrency_from_deploy_to_rollback(deployed: Clone):
    before = deployed.live_version()
    change(deployed, 2)
    allocation(deployed, "2")
    released = deployed.must("deploy", "local")
    assert "is warm" in released.err
    assert released.err.index("allocate") < released.err.index("verify")
    after = deployed.live_version()
    assert after != before
    allocation(deployed, "60")
    deployed.must("rollback", "local", "-m", "a rehearsal")
    assert deployed.live_version() == before


def test_a_canary_whose_terminal_dies_is_taken_back_or_finished(deployed: Clone):
    """One of the code that the rollback has just taken back."""
    allocation(deployed, "0.5")
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
    # The step, not aws_cloudwatch_… in the step before it.
    while b" watch " not in output and time.monotonic() < deadline:
        output += os.read(master, 65536)
    os.close(master)
    assert b"a rehearsal" in b" ".join(output.split()), output  # the reason of the rollback
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
