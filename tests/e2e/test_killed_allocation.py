"""kill -9 while Lambda allocates provisioned concurrency, then a deploy that changes how much of it there is."""

from e2e.conftest import HANDLER, Clone
from fakes.sandbox_clients import client_of

FUNCTION = "hybrid-ci-cd-local"


def test_a_deploy_after_a_kill_clears_the_weights_before_it_changes_the_concurrency(deployed: Clone):
    """With weights, PutProvisionedConcurrencyConfig is refused, on AWS and by the sandbox: the apply would fail."""
    pace = deployed.root / ".hybridctl/sandbox/allocation"
    deployed.must("deploy", "local", "--var", "lambda_provisioned_concurrency=1", "--save")
    before = deployed.live_version()
    deployed.edit(HANDLER, lambda text: f"{text}\n_CHANGE = 'killed'\n")
    pace.write_text("600", encoding="utf-8")
    running = deployed.start("deploy", "local")
    assert running.stderr is not None
    assert any("shift" in line for line in running.stderr), "it ended before it moved the alias"
    running.kill()
    running.wait(60)
    client = client_of(deployed.exports, "lambda")
    alias = client.get_alias(FunctionName=FUNCTION, Name="live")
    assert alias["RoutingConfig"]["AdditionalVersionWeights"] == {before: 1.0}
    killed = alias["FunctionVersion"]
    pace.write_text("0.2", encoding="utf-8")
    ran = deployed.must("deploy", "local", "--var", "lambda_provisioned_concurrency=2", "--save")
    assert f"live serves version {before}; the move to version {killed} had not finished" in ran.err
    alias = client.get_alias(FunctionName=FUNCTION, Name="live")
    assert int(alias["FunctionVersion"]) >= int(killed)
    assert not alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")
    kept = client.get_provisioned_concurrency_config(FunctionName=FUNCTION, Qualifier="live")
    assert (kept["RequestedProvisionedConcurrentExecutions"], kept["Status"]) == (2, "READY")
    assert deployed.must("status", "local").code == 0
