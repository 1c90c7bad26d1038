"""Sessions made over HTTP, looked at and revoked from the command line, on a deployed sandbox."""

import base64
import json
import signal
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bench.traffic import drive, workers_mb
from e2e.conftest import Clone
from fakes.sandbox_clients import client_of
from handler.attacks import Scene
from handler.attacks.page import REQUESTS
from handler.fakes import Answered, RecordingClient
from handler.provider_site import GITHUB_INFO, provider_site

JUDGED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TABLE = "hybrid-ci-cd-sessions-local"
PARAMETER = "/hybrid-ci-cd/local/oauth/github_client_secret"


@dataclass(frozen=True)
class Api:
    """The deployed backend over HTTP, and its table behind it."""

    endpoint: str
    dynamodb: Any

    def log_in(self, user: str) -> str:
        body = {"user_id": user, "provider": "google", "oauth_tokens": {"access_token": "t"}}
        answer = httpx.post(f"{self.endpoint}/auth/session", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["session_id"])

    def is_valid(self, session_id: str) -> bool:
        return bool(httpx.post(f"{self.endpoint}/auth/validate", json={"session_id": session_id}).json()["valid"])


@pytest.fixture(scope="module")
def api(deployed: Clone) -> Api:
    return Api(deployed.endpoint, client_of(deployed.exports, "dynamodb"))


def test_a_users_sessions_are_listed_and_one_is_explained_and_ended(deployed: Clone, api: Api):
    first, second = api.log_in("ada"), api.log_in("ada")
    listed = deployed.must("--output", "json", "sessions", "list", "ada").json
    assert {one["id"] for one in listed["sessions"]} == {first[:8], second[:8]}
    assert {one["state"] for one in listed["sessions"]} == {"active"}
    shown = deployed.must("sessions", "show", first[:8], "--of", "ada").out
    assert shown.startswith(("active: ends in 29 d", "active: ends in 30 d"))  # the same second, or a later one
    assert "TTL        enabled on expires_at" in shown
    assert first not in shown
    deployed.must("sessions", "revoke", first)
    assert [api.is_valid(one) for one in (first, second)] == [False, True]
    assert deployed.run("sessions", "show", first).code == 3


def test_a_user_is_logged_out_everywhere_and_may_log_in_again(deployed: Clone, api: Api):
    before = [api.log_in("bob") for _ in range(3)]
    assert "3 sessions in the index" in deployed.must("sessions", "revoke", "bob", "--dry-run").out
    assert all(api.is_valid(one) for one in before)
    done = deployed.must("--output", "json", "sessions", "revoke", "bob").json
    assert (done["deleted"], done["remaining"]) == (3, 0)
    assert not any(api.is_valid(one) for one in before)
    again = api.log_in("bob")
    assert api.is_valid(again)
    assert deployed.must("--output", "json", "sessions", "list", "bob").json["sessions"][0]["id"] == again[:8]


def test_an_expired_session_that_is_still_in_the_table_is_explained(deployed: Clone, api: Api):
    one = api.log_in("cleo")
    api.dynamodb.update_item(
        TableName=TABLE,
        Key={"session_id": {"S": one}},
        UpdateExpression="SET expires_at = :then",
        ExpressionAttributeValues={":then": {"N": "1700000000"}},
    )
    shown = deployed.must("--output", "json", "sessions", "show", one).json
    assert (shown["state"], shown["user_epoch"]) == ("expired", 0)
    assert "expired but still stored" in shown["remarks"][0]
    assert deployed.must("--output", "json", "sessions", "scan").json["states"]["expired"] == 1


def test_killed_in_the_clean_up_no_session_counts_and_running_again_finishes(deployed: Clone, api: Api):
    sample = api.log_in("dan")
    item = api.dynamodb.get_item(TableName=TABLE, Key={"session_id": {"S": sample}})["Item"]
    ids = [f"dan{n:040}" for n in range(1200)]
    for at in range(0, len(ids), 25):
        puts = [{"PutRequest": {"Item": {**item, "session_id": {"S": one}}}} for one in ids[at : at + 25]]
        api.dynamodb.batch_write_item(RequestItems={TABLE: puts})
    assert api.is_valid(ids[-1])
    running = deployed.start("sessions", "revoke", "dan")
    while running.poll() is None:
        epoch = api.dynamodb.get_item(TableName=TABLE, Key={"session_id": {"S": "user#dan"}}, ConsistentRead=True)
        if "Item" in epoch:
            running.send_signal(signal.SIGKILL)
            break
    running.communicate()
    assert running.returncode == -signal.SIGKILL
    assert deployed.must("--output", "json", "sessions", "scan").json["states"]["revoked"] > 0
    assert not any(api.is_valid(one) for one in (sample, *ids[::300], ids[-1]))
    deployed.must("sessions", "revoke", "dan")
    assert deployed.must("--output", "json", "sessions", "list", "dan").json["sessions"] == []


def test_the_deployed_api_answers_as_its_description_says(deployed: Clone, api: Api):
    description = schemathesis.openapi.from_path(deployed.root / "docs/openapi.json")
    # One log-out everywhere would leave nothing to ask with, so the bearer is made up like all else.
    for operation in description.get_all_operations():

        @given(case=operation.ok().as_strategy())
        @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(base_url=api.endpoint, checks=JUDGED)

        ask()


class DeployedScene(Scene):
    """The deployed function, handed events as they are, with its own table."""

    table = TABLE

    def __init__(self, dynamodb: Any, functions: Any) -> None:
        self.dynamodb = RecordingClient(None, dynamodb)
        self.own: list[str] = []
        self._functions = functions
        self.own = self.find_made()

    def ask(self, event: object) -> Answered:
        invoked = self._functions.invoke(
            FunctionName="hybrid-ci-cd-local", Qualifier="live", Payload=json.dumps(event).encode()
        )
        assert "FunctionError" not in invoked
        answer = json.loads(invoked["Payload"].read())
        return Answered(answer["statusCode"], answer["headers"], answer["body"])


def test_the_deployed_function_answers_bad_requests_as_the_page_of_attacks_states(deployed: Clone, api: Api):
    functions = client_of(deployed.exports, "lambda")
    wrong, sent = [], 0
    for attack in (one for group in REQUESTS for one in group.attacks if "6 MB" not in one.name):
        scene = DeployedScene(api.dynamodb, functions)
        answered = attack.send(scene)
        sent += 1
        seen = (answered.status, attack.look(scene, answered), len(scene.find_made()))
        if seen != (attack.status, attack.answer, attack.made):
            wrong.append((attack.name, seen))
        for made in scene.find_made():
            api.dynamodb.delete_item(TableName=TABLE, Key={"session_id": {"S": made}})
    assert wrong == []
    assert sent > 80


def test_seconds_of_traffic_meet_no_error_and_leave_the_workers_as_small_as_they_were(deployed: Clone, api: Api):
    sandbox = int(deployed.must("--output", "json", "sandbox", "status").json["pid"])
    drive(api.endpoint, seconds=1, connections=3, most=60)
    before = max(workers_mb(sandbox), default=0)
    # Within what the API lets through: 200 at once, and 100 a second.
    traffic = drive(api.endpoint, seconds=2.5, connections=3, most=150)
    assert traffic.errors == []
    assert len(traffic.times) > 25
    assert max(workers_mb(sandbox), default=0) < before + 5


def test_a_token_that_was_sent_is_kept_nowhere(deployed: Clone, api: Api):
    """Neither in the table nor in a log, a record or the state: all of it is in files below the checkout."""
    token, user = "ya29.never-to-be-seen-again", "tokens-user"
    good = {"user_id": user, "provider": "google", "oauth_tokens": {"access_token": token}}
    sent: list[dict[str, Any]] = [
        {"json": good},
        {"json": {**good, "provider": [token]}},
        {"json": {**good, "user_id": [token]}},
        {"content": f'{{"oauth_tokens": "{token}'},
        {"json": {**good, "padding": "x" * 20_000}},
        {"json": good, "headers": {"authorization": f"Bearer {token}"}},
    ]
    answers = [httpx.post(f"{api.endpoint}/auth/session", **one) for one in sent]
    assert [answer.status_code for answer in answers] == [201, 400, 400, 400, 413, 201]
    assert not [answer.text for answer in answers if token in answer.text]
    refused = httpx.get(f"{api.endpoint}/auth/sessions", headers={"authorization": f"Bearer {token}"})
    assert (refused.status_code, token in refused.text) == (401, False)
    assert token not in deployed.must("logs", "--raw", "--limit", "50").out
    deployed.must("sandbox", "stop")  # all that it holds is on disk then
    kept = [path for path in (deployed.root / ".hybridctl").rglob("*") if path.is_file()]
    assert [path for path in kept if user.encode() in path.read_bytes()], "the search sees nothing of the request"
    assert not [path for path in kept if token.encode() in path.read_bytes()]


def test_in_provider_mode_a_session_takes_a_token_and_the_secret_stays_where_it_was_put(deployed: Clone):
    """GitHub's part is played by a site on loopback, by the setting that is there for an Enterprise Server."""
    client_secret, token, user = "hush-this-is-the-secret", "gho_never-to-be-seen-again", "github:583231"
    with provider_site() as site:
        variables = {
            "token_verification": "provider",
            "github_client_id": "our-client",
            "github_api_url": f"http://localhost:{site.server_port}",
        }
        deployed.must("deploy", "local", *(word for item in variables.items() for word in ("--var", "=".join(item))))
        exported, endpoint = deployed.exports, deployed.endpoint
        dynamodb, ssm, functions = (client_of(exported, name) for name in ("dynamodb", "ssm", "lambda"))
        before = len(dynamodb.scan(TableName=TABLE)["Items"])

        def sign_in(status: int, answer: Any) -> httpx.Response:
            site.status, site.answer = status, answer
            body = {"user_id": "ada", "provider": "github", "oauth_tokens": {"access_token": token}}
            return httpx.post(f"{endpoint}/auth/session", json=body)

        assert find_told(sign_in(200, GITHUB_INFO)) == (503, "provider_not_configured")  # there is no secret yet
        assert site.asked == []
        ssm.put_parameter(Name=PARAMETER, Value=client_secret, Type="SecureString")
        assert find_told(sign_in(404, {"message": "Not Found"})) == (401, "token_rejected")
        assert find_told(sign_in(503, {})) == (503, "provider_unavailable")
        assert len(dynamodb.scan(TableName=TABLE)["Items"]) == before
        created = sign_in(200, GITHUB_INFO)
        assert (created.status_code, created.json()["user_id"]) == (201, user)
        listed = deployed.must("--output", "json", "sessions", "list", user).json["sessions"]
        assert [one["id"] for one in listed] == [created.json()["session_id"][:8]]
        _, path, headers, sent = site.asked[-1]
        assert (path, token in sent) == ("/applications/our-client/token", True)
        credentials = base64.b64encode(f"our-client:{client_secret}".encode()).decode()
        assert headers["authorization"] == f"Basic {credentials}"
    role = client_of(exported, "iam").get_role_policy(RoleName="hybrid-ci-cd-function-local", PolicyName="function")
    told_to_the_function = functions.get_function_configuration(FunctionName="hybrid-ci-cd-local")["Environment"]
    assert told_to_the_function["Variables"]["OAUTH_SECRETS_PARAMETER"] in PARAMETER
    statements = role["PolicyDocument"]["Statement"]
    readable = [one["Resource"] for one in statements if one["Action"] == "ssm:GetParameter"]
    assert readable == [f"arn:aws:ssm:{exported['AWS_DEFAULT_REGION']}:000000000000:parameter{PARAMETER}"]
    logged = deployed.must("logs", "--raw", "--limit", "200").out
    assert "answered 503" in logged
    shown = str(told_to_the_function) + logged + deployed.must("--output", "json", "releases").out
    assert not [one for one in (client_secret, token) if one in shown]
    deployed.must("sandbox", "stop")
    kept = {path: path.read_bytes() for path in (deployed.root / ".hybridctl").rglob("*") if path.is_file()}
    assert [path.name for path, content in kept.items() if client_secret.encode() in content] == ["ssm.json"]
    assert not [path for path, content in kept.items() if token.encode() in content]


def find_told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]
