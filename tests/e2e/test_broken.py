"""What status and drift report about an environment from which someone has deleted things, and how it is fixed."""

import pytest

from e2e.conftest import Clone
from fakes.sandbox_clients import client_of


@pytest.fixture
def aws(deployed: Clone):
    exports = deployed.exports
    return lambda service: client_of(exports, service)


def test_what_is_gone_is_seen_by_status_and_drift_and_made_again(deployed: Clone, aws):
    aws("dynamodb").delete_table(TableName="hybrid-ci-cd-sessions-local")
    seen = deployed.run("status")
    assert (seen.code, seen.out.split()[0]) == (5, "unhealthy")
    assert "GET /health?deep=1 answered 503" in seen.out
    assert "503" in deployed.must("logs", "--since", "1m", "--status", "5xx", "--access").out
    assert deployed.run("logs", "query", "errors").code == 0

    aws("lambda").delete_function(FunctionName="hybrid-ci-cd-local")
    aws("logs").delete_log_group(logGroupName="/aws/lambda/hybrid-ci-cd-local")
    seen = deployed.run("status", "--drift")
    assert (seen.code, seen.out.split()[0]) == (5, "unhealthy")
    assert "alias that serves traffic, no longer exists" in " ".join(seen.out.split())
    assert seen.out.splitlines()[-1] == "→ hybridctl deploy local"
    drift = deployed.run("drift")
    assert {'module.table["sessions"].aws_dynamodb_table.this', "module.function.aws_lambda_function.this"} <= {
        line.split()[1] for line in drift.out.splitlines()
    }
    assert drift.out.splitlines()[-1] == "→ hybridctl deploy local"
    assert deployed.run("logs").code == 3
    assert deployed.run("logs", "query", "slowest").code == 3
    assert deployed.run("metrics").code == 0

    deployed.must("deploy", "local")
    assert deployed.must("status").out.startswith("healthy")
