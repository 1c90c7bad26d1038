"""One deployed environment behind a gate, and the questions that decide whether a fault was survived."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from e2e.conftest import HANDLER, Clone, Run
from fakes.sandbox_clients import client_of
from faults.gate import Fault, Gate
from hybridctl.adapters.aws.functions import LambdaFunctions
from hybridctl.adapters.aws.http_apis import GatewayApis
from hybridctl.adapters.clock import SystemClock
from hybridctl.adapters.http import Urllib3Probe
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.patience import Patience
from hybridctl.domain.smoke_plan import SmokePlan
from hybridctl.operations.smoke import SmokeTest
from hybridctl.operations.smoke_suite import Expected
from hybridctl.sandbox.home import Home
from hybridctl.sandbox.key import Key, read_key
from hybridctl.sandbox.provider.server import ProviderServer

FUNCTION = "hybrid-ci-cd-local"
TABLE = "hybrid-ci-cd-sessions-local"
PATIENCE = 60.0


@dataclass
class Rig:
    """A clone whose sandbox is reached through `gate`; what is asked here goes past it."""

    clone: Clone
    gate: Gate
    provider: ProviderServer
    session: str = ""
    edits: int = 0
    known: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return key_of(self.clone)

    def enter(self) -> None:
        """Lead everybody through the gate: called after each start of the sandbox."""
        path = self.clone.root / ".hybridctl" / "sandbox" / "ready.json"
        ready = json.loads(path.read_text())
        if ready["port"] != self.gate.port:
            self.gate.target = ready["port"]
        found = {"port": self.gate.port, "endpoint": self.gate.url, "reattach": self.provider.reattach()}
        path.write_text(json.dumps(ready | found))

    def edit(self) -> None:
        """A new build, so that a deploy has everything to do."""
        self.edits += 1
        self.clone.edit(HANDLER, lambda text: f"{text}\n# edit {self.edits}\n")

    @contextmanager
    def running(
        self, *argv: str, env: dict[str, str] | None = None, own_interpreter: bool = False
    ) -> Iterator["subprocess.Popen[str]"]:
        """Run a command beside the test, and end it with the test whatever happens."""
        process = self.clone.start(*argv, env=env, own_interpreter=own_interpreter)
        try:
            yield process
        finally:
            self.gate.lift()
            if process.poll() is None:
                process.kill()
            process.communicate()

    def stop_at(self, argv: Sequence[str], where: Fault | str, how: signal.Signals) -> Run:
        """Run a command and send it a signal at that call, or at the beginning of that step."""
        events = self.clone.root / "events"
        events.unlink(missing_ok=True)
        os.mkfifo(events)
        at_step, is_sent = threading.Event(), threading.Event()
        received: list[str] = []

        def listen() -> None:
            with events.open() as lines:
                for line in lines:
                    event = json.loads(line)
                    received.append(line)
                    if event["event"] == "step_begin" and event["step"] == where:
                        at_step.set()
                        is_sent.wait(PATIENCE)  # a full pipe would not stop it, but the signal comes at once
            at_step.set()

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        reached = self.gate.arm(where).met if isinstance(where, Fault) else at_step
        with self.running(*argv, "--events", str(events)) as process:
            deadline = time.monotonic() + PATIENCE
            while not reached.wait(0.02):
                assert process.poll() is None, f"{argv} ended before {where}: {process.communicate()}"
                assert time.monotonic() < deadline, f"{argv} never came to {where}"
            assert process.poll() is None, f"{argv} ended before {where}: {process.communicate()}"
            process.send_signal(how)
            is_sent.set()
            if how is signal.SIGKILL:
                process.wait(PATIENCE)
                self.gate.lift()
            else:
                later = threading.Timer(0.5, self.gate.lift)
                later.start()
                process.wait(PATIENCE)
                later.cancel()  # the next fault is not to be lifted
            out, err = process.communicate(timeout=PATIENCE)
        listener.join(5)
        return Run(process.returncode, out, err)

    # What there is, asked of the sandbox itself.

    def client(self, service: str) -> Any:
        """The service's client, past the gate."""
        exports = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.gate.target}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.key.secret_access_key,
        }
        return client_of(exports, service)

    @property
    def bucket(self) -> str:
        [found] = [one["Name"] for one in self.client("s3").list_buckets()["Buckets"] if "tfstate" in one["Name"]]
        return str(found)

    def objects(self) -> dict[str, Any]:
        """Everything in the state bucket by key, read as JSON."""
        s3, bucket = self.client("s3"), self.bucket
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        return {key: json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys}

    def alias(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client("lambda").get_alias(FunctionName=FUNCTION, Name="live")
        return found

    def previous(self) -> str:
        """The version that was live and verified before the one that is."""
        records = [content for key, content in sorted(self.objects().items()) if key.endswith(".json")]
        now = self.alias()["FunctionVersion"]
        live = [str(one["version_after"]) for one in records if one["outcome"] == "live" and one["verified"]]
        return [version for version in live if version != now][-1]

    def sandbox_pid(self) -> int:
        return int(json.loads((self.clone.root / ".hybridctl" / "sandbox" / "ready.json").read_text())["pid"])

    def lock_is_noted(self) -> bool:
        """Whether hybridctl has written down which lock its engine holds."""
        [lock] = [content["ID"] for key, content in self.objects().items() if key.endswith(".tflock")]
        note = self.clone.root / ".hybridctl" / "terraform" / "local.held"
        return note.exists() and note.read_text() == lock

    def outputs(self, state: dict[str, Any]) -> Outputs:
        values = {name: one["value"] for name, one in state["outputs"].items()}
        base = f"http://127.0.0.1:{self.gate.target}/_aws/execute-api/{values['api_id']}/{values['api_stage']}"
        return Outputs(values | {"api_endpoint": base})

    def must_be_well(self) -> None:
        """Consistent, smoke-green, and nothing lost; says what is not so."""
        objects = self.objects()
        [state] = [content for key, content in objects.items() if key.endswith("terraform.tfstate")]
        assert state["version"] == 4
        left = [key for key in objects if key.endswith((".tflock", "/running"))]
        assert left == [], "something holds the environment"
        records = [content for key, content in sorted(objects.items()) if key.endswith(".json")]
        assert [one["id"] for one in records if one["outcome"] == "running"] == []
        lost = self.known - {one["id"] for one in records}
        assert not lost, "releases are gone from the history"
        self.known |= {one["id"] for one in records}
        alias = self.alias()
        assert not alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")
        live = [one for one in records if one["outcome"] == "live"][-1]
        assert str(live["version_after"]) == alias["FunctionVersion"], "the history says that another version is live"
        assert live["verified"]
        outputs = self.outputs(state)
        functions = LambdaFunctions(lambda: self.client("lambda"), lambda _url: b"", name=FUNCTION, alias="live")
        expected = Expected(int(alias["FunctionVersion"]))
        apis = GatewayApis(lambda: self.client("apigatewayv2"))
        test = SmokeTest(functions, Urllib3Probe({}), apis, outputs, SystemClock(), "faults", SmokePlan(), Patience())
        report = test.ask_publicly(expected)
        assert report.ok, report
        kept = httpx.post(f"{outputs.endpoint}/auth/validate", json={"session_id": self.session}).json()
        assert kept["valid"], "a session is lost"

    def sign_in(self) -> None:
        """One session that has to outlive everything."""
        base = self.outputs(self.state()).endpoint
        body = {
            "user_id": "keeper",
            "provider": "google",
            "oauth_tokens": {"access_token": "token"},
            "user_info": {"email": "keeper@example.com"},
        }
        self.session = httpx.post(f"{base}/auth/session", json=body).json()["session_id"]

    def sessions_of(self, user: str, count: int) -> list[str]:
        """That many sessions of a new user, copies of the one that outlives everything, newest first."""
        dynamodb = self.client("dynamodb")
        item = dynamodb.get_item(TableName=TABLE, Key={"session_id": {"S": self.session}})["Item"]
        created = int(item["created_at"]["N"])
        ids = [f"{user:-<37}{number:06}" for number in range(count)]
        for at in range(0, count, 25):
            copies = [
                {**item, "session_id": {"S": one}, "user_id": {"S": user}, "created_at": {"N": str(created - number)}}
                for number, one in enumerate(ids[at : at + 25], start=at)
            ]
            dynamodb.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": copy}} for copy in copies]})
        return ids

    def count_of(self, user: str) -> int:
        """How many sessions of the user's are in the table."""
        asked = {"KeyConditionExpression": "user_id = :user", "ExpressionAttributeValues": {":user": {"S": user}}}
        return int(self.client("dynamodb").query(TableName=TABLE, IndexName="by_user", **asked)["Count"])

    def is_valid(self, session_id: str) -> bool:
        answer = httpx.post(f"{self.outputs(self.state()).endpoint}/auth/validate", json={"session_id": session_id})
        return bool(answer.json()["valid"])

    def state(self) -> dict[str, Any]:
        [state] = [content for key, content in self.objects().items() if key.endswith("terraform.tfstate")]
        found: dict[str, Any] = state
        return found


class FaultRecorder(Protocol):
    """Note a fault that was survived: what it was, how the command ended, and what was typed after it."""

    def __call__(self, fault: str, code: int, then: str) -> None: ...


def key_of(clone: Clone) -> Key:
    found = read_key(Home(clone.root / ".hybridctl" / "sandbox").key)
    assert found is not None
    return found


@contextmanager
def rig_on(clone: Clone, folder: Path) -> Iterator[Rig]:
    clone.must("sandbox", "start")
    with Gate(target=0) as gate:
        provider = ProviderServer(gate.url, folder / "provider.sock", key_of(clone))
        provider.start()
        rig = Rig(clone, gate, provider)
        try:
            rig.enter()
            rig.sign_in()
            rig.must_be_well()
            yield rig
        finally:
            provider.stop()
