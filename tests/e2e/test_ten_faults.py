"""Ten faults: doctor or troubleshoot names each beside the others, and the fix it gives works."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.conftest import Clone, Run, fresh_clone
from fakes.sandbox_clients import client_of

FUNCTION = "hybrid-ci-cd-local"
SESSIONS = "hybrid-ci-cd-sessions-local"
BUCKET = "hybrid-ci-cd-tfstate-000000000000-us-east-1"
ORIGIN = "https://new.example.com"
EXPIRED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error>
<RequestId>1</RequestId></ErrorResponse>"""


@dataclass(frozen=True)
class Cloud:
    """The sandbox's AWS, as whoever plants the faults reaches it."""

    exports: dict[str, str]

    def __call__(self, service: str) -> Any:
        return client_of(self.exports, service)


@pytest.fixture(scope="module")
def aws(deployed: Clone) -> Cloud:
    return Cloud(deployed.exports)


def faults(ran: Run) -> dict[str, str]:
    """What the doctor found wrong, by name."""
    wrong = [one for one in ran.json["findings"] if one["level"] not in ("ok", "skipped")]
    return {one["name"]: one["fix"] for one in wrong if one["name"] != "runtime"}  # which Python this machine has


def doctor(clone: Clone) -> dict[str, str]:
    return faults(clone.run("--output", "json", "doctor", "local"))


def carry_out(clone: Clone, fix: str) -> None:
    """Type what doctor printed."""
    ran = clone.shell(fix + " --yes")
    assert ran.code == 0, ran.all


@contextmanager
def expire_sts() -> Iterator[str]:
    """An STS that answers everybody: your credentials have expired."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(403)
            self.send_header("content-type", "text/xml")
            self.end_headers()
            self.wfile.write(EXPIRED.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_missing_state_bucket(tmp_path: Path):
    clone = fresh_clone(tmp_path)
    try:
        clone.must("bootstrap", "local", "--yes")
        client_of(clone.exports, "s3").delete_bucket(Bucket=BUCKET)
        found = doctor(clone)
        assert found["bucket"] == "hybridctl bootstrap local"
        carry_out(clone, found["bucket"])
        assert "bucket" not in doctor(clone)
    finally:
        clone.run("sandbox", "stop")


def test_expired_credentials(clone: Clone, aws: Cloud):
    shell = aws.exports
    with expire_sts() as sts:
        ran = clone.run("--output", "json", "doctor", "staging", env=shell | {"AWS_ENDPOINT_URL_STS": sts})
    detail = next(one for one in ran.json["findings"] if one["name"] == "account")
    assert (ran.code, detail["level"]) == (5, "fail")
    assert "the credentials have expired" in detail["detail"]
    assert detail["fix"].startswith("aws sso login")
    renewed = clone.run("--output", "json", "doctor", "staging", env=shell)
    assert "account" not in faults(renewed)


@pytest.fixture(scope="module")
def well(deployed: Clone) -> Clone:
    """Deployed, and nothing wrong with it."""
    assert doctor(deployed) == {}
    return deployed


def test_a_stale_lock(well: Clone, aws: Cloud):
    lock = {
        "ID": "6f1cdc3b-0d2c-4d5e-8b62-7d3c2f2f7f11",
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "ada@gone",
        "Version": "1.11.4",
        "Created": "2026-03-01T10:00:00Z",
        "Path": f"{FUNCTION}/terraform.tfstate",
    }
    s3 = aws("s3")
    s3.put_object(Bucket=BUCKET, Key=f"{FUNCTION}/terraform.tfstate.tflock", Body=json.dumps(lock).encode())
    found = doctor(well)
    assert found == {"lock": "hybridctl state unlock local"}
    carry_out(well, found["lock"])
    assert doctor(well) == {}


def test_a_billing_mode_a_ttl_a_log_group_and_concurrency_are_named_side_by_side_and_fixed_at_once(
    well: Clone, aws: Cloud
):
    deploy = "hybridctl deploy local"
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    index = {"Update": {"IndexName": "by_user", "ProvisionedThroughput": units}}
    aws("dynamodb").update_table(
        TableName=SESSIONS,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units,
        GlobalSecondaryIndexUpdates=[index],
    )
    assert doctor(well) == {"tables": deploy}

    aws("logs").delete_log_group(logGroupName=f"/aws/lambda/{FUNCTION}")
    assert doctor(well) == {"tables": deploy, "log": deploy}

    (well.root / ".hybridctl/sandbox/ttl-interval").write_text("0", encoding="utf-8")  # as if its hour were over
    off = {"Enabled": False, "AttributeName": "expires_at"}
    aws("dynamodb").update_time_to_live(TableName=SESSIONS, TimeToLiveSpecification=off)
    answer = well.run("--output", "json", "troubleshoot", "sessions", "local")
    assert (answer.code, answer.json["verdict"]) == (5, f"TTL of {SESSIONS} is disabled")
    assert answer.json["remedy"]["command"] == deploy

    aws("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)
    assert httpx.get(f"{well.endpoint}/health").status_code == 503
    found = doctor(well)
    assert (found["concurrency"], found["health"]) == (deploy, "")
    answer = well.run("--output", "json", "troubleshoot", "throttling", "local", "--since", "5m")
    assert answer.code == 5
    assert answer.json["remedy"]["command"] == deploy

    well.must("troubleshoot", "sessions", "local", "--apply")
    well.must("troubleshoot", "sessions", "local")
    assert doctor(well) == {}


def test_expires_at_in_milliseconds(well: Clone, aws: Cloud):
    now = int(time.time())
    numbers = {"expires_at": (now + 3600) * 1000, "created_at": now, "last_seen_at": now, "epoch": 0}
    item: dict[str, Any] = {"session_id": {"S": "m" * 43}, "user_id": {"S": "eve"}}
    item |= {name: {"N": str(value)} for name, value in numbers.items()}
    aws("dynamodb").put_item(TableName=SESSIONS, Item=item)
    answer = well.run("--output", "json", "troubleshoot", "sessions", "local")
    assert answer.code == 5
    assert any("milliseconds" in sentence for sentence in answer.json["explained"])
    carry_out(well, answer.json["remedy"]["command"])
    well.must("troubleshoot", "sessions", "local")


def test_a_cors_origin_that_is_missing(well: Clone):
    argv = ("troubleshoot", "cors", "local", "--origin", ORIGIN)
    refused = well.run("--output", "json", *argv)
    assert (refused.code, refused.json["found"]) == (5, True)
    well.must(*argv, "--apply")
    assert "may call the API" in well.must(*argv).out


def test_an_alias_on_a_deleted_version(well: Clone):
    """The one that the fix above released. Lambda refuses to delete it, so this is done to the sandbox's memory."""
    served = well.live_version()
    well.must("sandbox", "stop")
    path = well.root / ".hybridctl/sandbox/state/lambda.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    (function,) = state["payload"]["functions"]["data"].values()
    assert served in function["versions"]
    del function["versions"][served]
    path.write_text(json.dumps(state), encoding="utf-8")
    well.must("sandbox", "start")
    found = doctor(well)
    assert found["alias"].startswith("hybridctl rollback local --version ")
    carry_out(well, found["alias"])
    assert doctor(well) == {}
    assert well.live_version() == found["alias"].split()[-1]
