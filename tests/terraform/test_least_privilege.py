"""The role's permissions on DynamoDB are the calls that the handler was seen to make: none missing, none spare."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from handler.fakes import NOON, TABLE, Handler, RecordingClient, make_sessions_table
from terraform.test_plans import FUNCTION


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """(action, "table" or "index") of every call that all routes made together."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        make_sessions_table(client)
        recorded = RecordingClient(client)
        handler = Handler(recorded)
        handler.call("GET", "/health", query=[("deep", "1")])
        ids = [handler.log_in() for _ in range(5)]
        handler.now = NOON + 400
        assert handler.is_valid(ids[-1])
        assert handler.call("GET", "/auth/sessions", bearer=ids[-1]).status == 200
        assert handler.call("DELETE", "/auth/session", bearer=ids[-2]).status == 204
        assert handler.call("DELETE", "/auth/sessions", bearer=ids[-1]).status == 204
    assert TABLE in str(recorded.calls)
    return {
        ("dynamodb:" + "".join(part.title() for part in name.split("_")), "index" if "IndexName" in sent else "table")
        for name, sent in recorded.calls
    }


def test_the_role_may_do_what_the_handler_does_and_nothing_else(
    engine: Any, tmp_path: Path, called: set[tuple[str, str]]
) -> None:
    changes = engine.plan(tmp_path, module="function", arguments=FUNCTION, state=[])
    statements = json.loads(changes["aws_iam_role_policy.this"]["after"]["policy"])["Statement"]
    granted = {
        (action, "index" if "/index/" in statement["Resource"] else "table")
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if action.startswith("dynamodb:")
    }
    assert granted == called
