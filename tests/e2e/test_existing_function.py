"""Functions that someone made with boto3, taken over on the sandbox while they are called."""

import io
import json
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.conftest import Clone
from fakes import FakeClock
from fakes.existing_functions import RICH, TRUST, FakeExistingFunctions, zip_members
from fakes.sandbox_clients import client_of
from hybridctl.adapters.sandbox import LocalSandbox
from hybridctl.adapters.templates import PackagedTemplates
from hybridctl.operations.take_over import TakeOver, take_over
from hybridctl.views.no_events import NO_EVENTS
from hybridctl.views.printer import Printer
from hybridctl.views.progress import ScreenProgress
from hybridctl.wiring.existing import open_source_packages

RUNTIME = f"python3.{sys.version_info.minor}"
SECRET = "hunter2-and-more"
HANDLER = """
import json

def handle(event, context):
    if "routeKey" not in event:
        return {"pong": 1}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps({"edition": 1})}
"""


@dataclass
class Legacy:
    """One function on the sandbox of a folder, with the clients that made it."""

    clone: Clone
    exports: dict[str, str]
    account: str
    api: str = ""
    alias: str = ""
    counted: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)

    def client(self, service: str) -> Any:
        return client_of(self.exports, service)

    @property
    def url(self) -> str:
        return f"{self.exports['AWS_ENDPOINT_URL']}/_aws/execute-api/{self.api}/$default/orders"

    def make(self, *, alias: str = "", api: bool = True) -> None:
        iam, functions = self.client("iam"), self.client("lambda")
        role = iam.create_role(RoleName="legacy", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        iam.attach_role_policy(RoleName="legacy", PolicyArn=logs)
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("src/app.py", HANDLER)
        functions.create_function(
            FunctionName="checkout",
            Runtime=RUNTIME,
            Role=role["Arn"],
            Handler="src/app.handle",
            Code={"ZipFile": written.getvalue()},
            MemorySize=192,
            Environment={"Variables": {"STAGE": "old", "DB_PASSWORD": SECRET}},
            Tags={"team": "shop"},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName="checkout")
        functions.invoke(FunctionName="checkout", Payload=b"{}")  # Lambda makes its log group then
        if alias:
            functions.publish_version(FunctionName="checkout")
            functions.create_alias(FunctionName="checkout", Name=alias, FunctionVersion="1")
            self.alias = alias
        if api:
            self._put_api_in_front(f":{alias}" if alias else "")

    def _put_api_in_front(self, qualifier: str) -> None:
        apis, region = self.client("apigatewayv2"), self.exports["AWS_DEFAULT_REGION"]
        self.api = apis.create_api(Name="legacy", ProtocolType="HTTP")["ApiId"]
        arn = f"arn:aws:lambda:{region}:{self.account}:function:checkout{qualifier}"
        integration = apis.create_integration(
            ApiId=self.api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations",
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
        for key in ("GET /orders", "GET /orders/{id}", "POST /orders"):
            apis.create_route(ApiId=self.api, RouteKey=key, Target=f"integrations/{integration}")
        apis.create_stage(ApiId=self.api, StageName="$default", AutoDeploy=True)
        self.client("lambda").add_permission(
            FunctionName="checkout",
            StatementId="apigw",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{region}:{self.account}:{self.api}/*/*",
            **({"Qualifier": qualifier[1:]} if qualifier else {}),
        )

    def call_until_stopped(self) -> threading.Thread:
        """Requests through the API, and invocations, one after the other; each answer is counted."""
        thread = threading.Thread(target=self._call)
        thread.start()
        return thread

    def _call(self) -> None:
        functions = self.client("lambda")
        with httpx.Client(trust_env=False, timeout=30) as http:
            while not self._stop.is_set():
                if self.api:
                    self.counted[f"http {http.get(self.url).status_code}"] += 1
                which = {"Qualifier": self.alias} if self.alias else {}
                answer = functions.invoke(FunctionName="checkout", Payload=b"{}", **which)
                self.counted[f"invocation {answer.get('FunctionError', 'answered')}"] += 1
                time.sleep(0.05)

    def stop(self, thread: threading.Thread) -> None:
        self._stop.set()
        thread.join()


@pytest.fixture
def legacy(tmp_path: Path) -> Iterator[Legacy]:
    clone = Clone(tmp_path / "work", tmp_path / "home")
    clone.root.mkdir()
    clone.home.mkdir()
    sandbox = LocalSandbox(clone.root / ".hybridctl" / "sandbox", environment=clone.environment)
    found = sandbox.start()
    assert found.key is not None
    exports = {
        "AWS_ENDPOINT_URL": str(found.endpoint),
        "AWS_DEFAULT_REGION": str(found.region),
        "AWS_ACCESS_KEY_ID": found.key.id,
        "AWS_SECRET_ACCESS_KEY": found.key.secret,
    }
    yield Legacy(clone, exports, str(found.account))
    sandbox.stop()


def test_what_serves_through_an_alias_is_imported_as_it_is_and_never_interrupted(legacy: Legacy) -> None:
    legacy.make(alias="prod")
    clone = legacy.clone
    thread = legacy.call_until_stopped()
    try:
        answer = clone.must("--output", "json", "init", "--from-function", "checkout", "--env", "local").json
        assert len(answer["notes"]) == 1
        plan = clone.must("--output", "json", "plan", "local").json["changes"]["resources"]
        assert {(one["action"], one["imported"]) for one in plan} == {("import", True)}
        assert len(plan) == 12
        first = clone.must("--output", "json", "deploy", "local").json
        assert (first["version"], first["smoke"]["ok"]) == (1, True)

        clone.edit("function/src/app.py", lambda text: text.replace('"edition": 1', '"edition": 2'))
        second = clone.must("--output", "json", "deploy", "local").json
        changes = [(one["address"], one["action"]) for one in second["changes"]["resources"]]
        assert changes == [("module.function.aws_lambda_function.this", "update")]  # all else is as it was imported
        assert second["version"] == 2
        assert httpx.get(legacy.url).json() == {"edition": 2}
        clone.must("rollback", "local")
        assert httpx.get(legacy.url).json() == {"edition": 1}
        clone.edit("function/src/app.py", lambda text: text.replace('statusCode": 200', 'statusCode": 500'))
        assert clone.run("deploy", "local").code == 5
        assert clone.run("--output", "json", "status", "local").json["alias"]["version"] == 1
    finally:
        legacy.stop(thread)
    assert set(legacy.counted) == {"http 200", "invocation answered"}, legacy.counted
    assert min(legacy.counted.values()) > 50
    assert not any(SECRET in path.read_text() for path in (clone.root / "infra").rglob("*") if path.is_file())
    live = legacy.client("lambda").get_function_configuration(FunctionName="checkout", Qualifier="prod")
    assert live["Environment"]["Variables"] == {"STAGE": "old", "DB_PASSWORD": SECRET}
    clone.must("destroy", "local", "--yes")


def test_hashicorps_provider_sees_nothing_but_imports_too(legacy: Legacy, mirror: Path) -> None:
    legacy.make(alias="prod")
    settings = legacy.clone.home / "terraformrc"
    settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    legacy.clone.more = {"TF_CLI_CONFIG_FILE": str(settings)}
    legacy.clone.must("init", "--from-function", "checkout", "--env", "local")
    plan = legacy.clone.must("--output", "json", "plan", "local", "--provider", "hashicorp").json["changes"]
    assert {(one["action"], one["imported"]) for one in plan["resources"]} == {("import", True)}


def test_what_has_no_alias_gets_one_while_it_is_called(legacy: Legacy) -> None:
    legacy.make()
    clone = legacy.clone
    thread = legacy.call_until_stopped()
    try:
        clone.must("init", "--from-function", "checkout", "--env", "local")
        first = clone.must("--output", "json", "deploy", "local").json
        made = first["changes"]["resources"]
        assert {one["address"]: one["action"] for one in made if one["action"] != "import"} == {
            "module.function.aws_lambda_alias.live": "create",
            "module.function.aws_lambda_permission.alias": "create",
            "module.function.aws_apigatewayv2_integration.this": "update",
            "module.function.aws_lambda_function.this": "update",
        }
        assert first["version"] == 1
        assert clone.must("--output", "json", "plan", "local").json["changes"]["resources"] == []
    finally:
        legacy.stop(thread)
    assert set(legacy.counted) == {"http 200", "invocation answered"}, legacy.counted
    [integration] = legacy.client("apigatewayv2").get_integrations(ApiId=legacy.api)["Items"]
    assert ":function:checkout:live/" in integration["IntegrationUri"]


def test_what_cannot_be_taken_over_is_refused_before_a_file_is_written(legacy: Legacy) -> None:
    take = ("init", "--env", "local", "--from-function")
    legacy.make(api=False)
    near = legacy.clone.run(*take, "chekout")
    assert (near.code, "did you mean 'checkout'?" in near.err) == (3, True)
    silent = legacy.clone.run(*take, "checkout")
    assert (silent.code, "needs an event" in silent.err) == (2, True)
    functions = legacy.client("lambda")
    functions.publish_version(FunctionName="checkout")
    for name in ("blue", "green"):
        functions.create_alias(FunctionName="checkout", Name=name, FunctionVersion="1")
    several = legacy.clone.run(*take, "checkout", "--event", "{}")
    assert (several.code, "several aliases: blue, green" in several.err) == (2, True)
    assert not (legacy.clone.root / "hybridctl.toml").exists()
    legacy.clone.must(*take, "checkout", "--event", "{}", "--alias", "green")
    assert 'alias = "green"' in (legacy.clone.root / "hybridctl.toml").read_text()


def test_a_function_of_aws_with_all_that_the_sandbox_lacks_is_rehearsed_on_it(tmp_path: Path) -> None:
    """With a VPC, layers, authorizers and a secret in AWS; here it runs without them, and with a placeholder."""
    answer = "{'statusCode': 200, 'body': os.environ['GREETING'] + os.environ['DB_PASSWORD']}"
    code = zip_members({"main.py": f"import os\ndef handle(event, context):\n    return {answer}\n"})
    here = {"Runtime": RUNTIME, "Architectures": ["x86_64"]}
    function = replace(RICH, code=code, configuration={**RICH.configuration, **here})
    clone = Clone(tmp_path / "work", tmp_path / "home")
    clone.root.mkdir()
    clone.home.mkdir()
    request = TakeOver("checkout", "shop", "production", clone.root, clone.root, "0.1.0")
    progress = ScreenProgress(Printer(io.StringIO(), {}), FakeClock(), NO_EVENTS)
    parts = (FakeExistingFunctions(function), open_source_packages({}), PackagedTemplates(), FakeClock(), progress)
    take_over(*parts, request)
    try:
        made = clone.must("--output", "json", "deploy", "local").json
        assert httpx.get(f"{made['endpoint']}/orders").text == "hi ${x}placeholder"
        assert clone.must("--output", "json", "plan", "local").json["changes"]["resources"] == []
    finally:
        clone.run("sandbox", "stop")
