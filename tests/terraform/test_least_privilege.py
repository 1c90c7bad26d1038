"""The role's whole policy is the calls that the handler was seen to make, and Lambda's own: none missing, none spare.

Compared are pairs of an action and the resource that it was called on.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from backend.aws.client import DYNAMODB, SSM, Client, Service
from backend.providers.github import GitHub
from backend.providers.secret import CachedSecret
from backend.verification import ByProvider
from handler.fakes import LOGIN, NOON, TABLE, Handler, RecordingClient, make_sessions_table
from handler.provider_site import GITHUB_INFO, provider_site
from handler.transports import AWS_ENVIRON, MotoTransport
from terraform.test_plans import FUNCTION, permissions_of_the_roots

HANDLER = Path(__file__).resolve().parents[2] / "lambda_src"
PLACE = "us-east-1:000000000000"
TABLE_ARN = f"arn:aws:dynamodb:{PLACE}:table/{TABLE}"
PARAMETER = "/project/test/oauth/github_client_secret"
Calls = set[tuple[str, str]]

# Not the code but Lambda calls these, as the function's role; not CreateLogGroup, for Terraform makes the group first.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-permissions.html
BY_LAMBDA: Calls = {
    (f"logs:{action}", f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/project-test:log-stream:*")
    for action in ("CreateLogStream", "PutLogEvents")
}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield


def live(handler: Handler, *, provider: str) -> None:
    """Every route, and every branch that makes a call of its own."""
    login = {**LOGIN, "provider": provider}
    handler.call("GET", "/health", query=[("deep", "1")])
    ids = [handler.call("POST", "/auth/session", login).body["session_id"] for _ in range(5)]
    handler.now = NOON + 400
    assert handler.is_valid(ids[-1])
    assert handler.call("GET", "/auth/sessions", bearer=ids[-1]).status == 200
    assert handler.call("DELETE", "/auth/session", bearer=ids[-2]).status == 204
    assert handler.call("DELETE", "/auth/sessions", bearer=ids[-1]).status == 204


def record_calls(service: Service, table: Any) -> RecordingClient:
    """The handler's own client of moto."""
    return RecordingClient(Client(service, AWS_ENVIRON, transport=MotoTransport(service.name)), table)


def on_the_table(recorded: RecordingClient) -> Calls:
    assert TABLE in str(recorded.calls)
    return {
        (f"dynamodb:{name}", f"{TABLE_ARN}/index/{sent['IndexName']}" if "IndexName" in sent else TABLE_ARN)
        for name, sent in recorded.calls
    }


@pytest.fixture
def trusting(cloud: None) -> Calls:
    """What the handler calls where it believes the body."""
    table = boto3.client("dynamodb", region_name="us-east-1")
    make_sessions_table(table)
    recorded = record_calls(DYNAMODB, table)
    live(Handler(recorded), provider="google")
    return on_the_table(recorded)


@pytest.fixture
def verifying(cloud: None) -> Calls:
    """What it calls where it asks a provider, with the secret in SSM."""
    table, ssm = (boto3.client(name, region_name="us-east-1") for name in ("dynamodb", "ssm"))
    make_sessions_table(table)
    ssm.put_parameter(Name=PARAMETER, Value="hush", Type="SecureString")
    recorded, secrets = record_calls(DYNAMODB, table), record_calls(SSM, ssm)
    secret = CachedSecret(PARAMETER, open_store=lambda: secrets)
    with provider_site() as site:
        site.answer = GITHUB_INFO
        verifier = ByProvider({"github": lambda: GitHub("our-client", secret, base_url=site.url)})
        live(Handler(recorded, verifier=verifier), provider="github")
    return on_the_table(recorded) | {
        (f"ssm:{name}", f"arn:aws:ssm:{PLACE}:parameter{sent['Name']}") for name, sent in secrets.calls
    }


@pytest.mark.parametrize("mode", ["trusting", "verifying"])
def test_the_role_may_do_what_is_called_and_nothing_else(
    engine: Any, tmp_path: Path, request: pytest.FixtureRequest, mode: str
) -> None:
    called: Calls = request.getfixturevalue(mode)
    permissions = permissions_of_the_roots(tmp_path, table=TABLE, verifies_tokens=mode == "verifying")
    changes = engine.plan(tmp_path, module="function", arguments=FUNCTION + permissions, state=[])
    statements = json.loads(changes["aws_iam_role_policy.this"]["after"]["policy"])["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    granted = {
        (action, resource)
        for statement in statements
        for action in several(statement["Action"])
        for resource in several(statement["Resource"])
    }
    assert granted == called | BY_LAMBDA


def several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_the_code_makes_clients_of_no_other_service() -> None:
    """`Client` speaks to a `Service`, of which the handler names two; nothing else opens a connection to AWS."""
    nodes = [node for path in HANDLER.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    calls = [(name_of(node.func), node.args) for node in nodes if isinstance(node, ast.Call)]
    imported = {
        alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names
    } | {(node.module or "").partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not imported & {"boto3", "botocore"}
    spoken_to = {name_of(arguments[0]) for name, arguments in calls if name == "Client" and arguments}
    assert {name for name in spoken_to if name.isupper()} == {"DYNAMODB", "SSM"}
    named = {getattr(arguments[0], "value", "") for name, arguments in calls if name == "Service"}
    assert named == {"dynamodb", "ssm"}


def name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def test_no_other_call_is_written_anywhere_in_the_code(verifying: Calls) -> None:
    """The recorded runs reach every call that the code holds: each operation of the two services that it names."""
    operations = {
        service: boto3.client(service, region_name="us-east-1").meta.service_model.operation_names
        for service in ("dynamodb", "ssm")
    }
    named = {
        f"{service}:{node.value}"
        for path in HANDLER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        for service, known in operations.items()
        if node.value in known
    }
    assert named == {called for called, _ in verifying}
