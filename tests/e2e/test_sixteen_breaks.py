"""Sixteen breaks of one environment: each is resolved by what `status` prints last, in at most three commands."""

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.conftest import HANDLER, Clone
from fakes.sandbox_clients import client_of

FUNCTION, LOG = "hybrid-ci-cd-local", "/aws/lambda/hybrid-ci-cd-local"
SESSIONS = "hybrid-ci-cd-sessions-local"
BUCKET = "hybrid-ci-cd-tfstate-000000000000-us-east-1"
STATE = ".hybridctl/sandbox/state"
MOST = 3
CONSENTED = re.compile(r"hybridctl (deploy|rollback|state unlock)\b")


class Aws:
    """The sandbox's AWS, as whoever breaks something reaches it."""

    def __init__(self, clone: Clone) -> None:
        self._exports = clone.exports

    def __call__(self, service: str) -> Any:
        return client_of(self._exports, service)


@pytest.fixture(scope="module")
def broken(deployed: Clone) -> Clone:
    """Two versions, the second one live, and nothing wrong; TTL can be changed as if its hour were over."""
    (deployed.root / ".hybridctl/sandbox/ttl-interval").write_text("0", encoding="utf-8")
    deployed.must("deploy", "local", "--var", "session_idle_seconds=86401", "--save")
    assert deployed.must("status").out.startswith("healthy")
    return deployed


def follow(clone: Clone) -> tuple[list[str], str]:
    """Type `status`, then what its last line says, until it is healthy: the commands, and the first verdict."""
    typed: list[str] = []
    first = ""
    while True:
        seen = clone.run("status", "local")
        verdict = seen.out.partition("  ")[0]
        first = first or verdict
        if verdict == "healthy":
            assert seen.code == 0
            return typed, first
        typed.append("hybridctl status local")
        last = seen.out.splitlines()[-1]
        assert last.startswith("→ hybridctl "), seen.all
        command = re.split(r", (?:or|then) ", last.removeprefix("→ "))[0]
        typed.append(command)
        assert len(typed) <= MOST, f"not healthy after {typed}: {seen.all}"
        ran = clone.shell(command + (" --yes" if CONSENTED.match(command) else ""))
        assert ran.code in (0, 5), ran.all


def api_of(aws: Aws) -> str:
    [api] = aws("apigatewayv2").get_apis()["Items"]
    return str(api["ApiId"])


def move_alias(aws: Aws) -> None:
    aws("lambda").update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="1")


def delete_table(aws: Aws) -> None:
    aws("dynamodb").delete_table(TableName=SESSIONS)


def switch_ttl_off(aws: Aws) -> None:
    off = {"Enabled": False, "AttributeName": "expires_at"}
    aws("dynamodb").update_time_to_live(TableName=SESSIONS, TimeToLiveSpecification=off)


def delete_log_group(aws: Aws) -> None:
    aws("logs").delete_log_group(logGroupName=LOG)


def delete_function(aws: Aws) -> None:
    aws("lambda").delete_function(FunctionName=FUNCTION)


def delete_alarms(aws: Aws) -> None:
    cloudwatch = aws("cloudwatch")
    cloudwatch.delete_alarms(AlarmNames=["hybrid-ci-cd-degraded-local"])
    cloudwatch.delete_alarms(AlarmNames=["hybrid-ci-cd-errors-local"])


def leave_lock(aws: Aws) -> None:
    lock = {"ID": "6f1cdc3b-0d2c-4d5e-8b62-7d3c2f2f7f11", "Operation": "OperationTypeApply", "Who": "ada@gone"}
    key = f"{FUNCTION}/terraform.tfstate.tflock"
    aws("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(lock).encode())


def reserve_nothing(aws: Aws) -> None:
    aws("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)


def remove_variable(aws: Aws) -> None:
    client = aws("lambda")
    kept = client.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    del kept["LOG_LEVEL"]
    client.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": kept})


def remove_permission(aws: Aws) -> None:
    aws("lambda").remove_permission(FunctionName=FUNCTION, StatementId="AllowHttpApi", Qualifier="live")


def delete_routes(aws: Aws, *, keep: int) -> None:
    client, api = aws("apigatewayv2"), api_of(aws)
    routes = sorted(client.get_routes(ApiId=api)["Items"], key=lambda one: one["RouteKey"])
    for route in routes[keep:]:
        client.delete_route(ApiId=api, RouteId=route["RouteId"])


def delete_one_route(aws: Aws) -> None:
    delete_routes(aws, keep=6)


def delete_all_routes(aws: Aws) -> None:
    delete_routes(aws, keep=0)


# What somebody does to AWS, and the verdict that it has to have.
BY_HAND: dict[Callable[[Aws], None], str] = {
    move_alias: "degraded",
    leave_lock: "releasing",
}
# The same for what an apply restores: what is changed, and what is deleted.
CHANGED: dict[Callable[[Aws], None], str] = {
    reserve_nothing: "unhealthy",
    remove_variable: "degraded",
    switch_ttl_off: "degraded",
    remove_permission: "unhealthy",
}
DELETED: dict[Callable[[Aws], None], str] = {
    delete_table: "unhealthy",
    delete_log_group: "degraded",
    delete_alarms: "degraded",
    delete_one_route: "degraded",
    delete_all_routes: "unhealthy",
    delete_function: "unhealthy",
}


@pytest.mark.parametrize("act", BY_HAND, ids=lambda act: act.__name__)
def test_what_was_changed_by_hand_is_restored_by_what_status_says(broken: Clone, act):
    act(Aws(broken))
    typed, verdict = follow(broken)
    assert (verdict, len(typed) <= MOST) == (BY_HAND[act], True)


@pytest.fixture(scope="module")
def kept(broken: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state of the sandbox before the breaks."""
    kept = tmp_path_factory.mktemp("kept") / "state"
    broken.must("sandbox", "stop")
    shutil.copytree(broken.root / STATE, kept)
    broken.must("sandbox", "start")
    return kept


@pytest.mark.parametrize("act", CHANGED | DELETED, ids=lambda act: act.__name__)
def test_of_each_change_alone_status_says_that_a_deploy_restores_it(broken: Clone, kept: Path, act):
    act(Aws(broken))
    seen = broken.run("status", "local")
    broken.must("sandbox", "stop")
    shutil.rmtree(broken.root / STATE)
    shutil.copytree(kept, broken.root / STATE)
    broken.must("sandbox", "start")
    assert (seen.code, seen.out.partition("  ")[0]) == (5, (CHANGED | DELETED)[act]), seen.all
    assert seen.out.splitlines()[-1] == "→ hybridctl deploy local", seen.all


def test_that_deploy_restores_all_changes_at_once(broken: Clone):
    for act in CHANGED:
        act(Aws(broken))
    assert follow(broken) == (["hybridctl status local", "hybridctl deploy local"], "unhealthy")


def test_that_deploy_makes_all_that_was_deleted_again_and_every_view_names_it_before(broken: Clone):
    delete_table(Aws(broken))
    assert "GET /health?deep=1 answered 503" in broken.run("status").out
    assert "503" in broken.must("logs", "--since", "1m", "--status", "5xx", "--access").out
    assert broken.run("logs", "query", "errors").code == 0
    for act in DELETED:
        if act is not delete_table:
            act(Aws(broken))
    seen = broken.run("status", "--drift")
    assert (seen.code, seen.out.split()[0]) == (5, "unhealthy")
    assert "alias that serves traffic, no longer exists" in " ".join(seen.out.split())
    assert seen.out.splitlines()[-1] == "→ hybridctl deploy local"
    drift = broken.run("drift")
    assert {'module.table["sessions"].aws_dynamodb_table.this', "module.function.aws_lambda_function.this"} <= {
        line.split()[1] for line in drift.out.splitlines()
    }
    assert drift.out.splitlines()[-1] == "→ hybridctl deploy local"
    assert broken.run("logs").code == 3
    assert broken.run("logs", "query", "slowest").code == 3
    assert broken.run("metrics").code == 0
    assert follow(broken) == (["hybridctl status local", "hybridctl deploy local"], "unhealthy")


def test_a_killed_sandbox_starts_again(broken: Clone):
    broken.must(
        "sandbox", "stop"
    )  # which writes all down: what a kill loses of the last second is not this test's matter
    broken.must("sandbox", "start")
    os.kill(int(broken.must("--output", "json", "sandbox", "status").json["pid"]), signal.SIGKILL)
    seen = broken.run("status", "local")
    assert seen.out.startswith("healthy"), seen.all


def test_a_deploy_that_was_stopped_is_taken_up(broken: Clone):
    """With Ctrl-C; tests/faults/test_kills.py has `kill -9`."""
    broken.edit(HANDLER, lambda text: f"{text}\n# to be stopped\n")
    before = _list_objects(Aws(broken))
    running = broken.start("deploy", "local")
    _wait_for_record(Aws(broken), before)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    typed, verdict = follow(broken)
    assert (verdict in ("degraded", "unhealthy"), typed[-1]) == (True, "hybridctl deploy local")


def test_a_release_that_cannot_start_moves_nothing(broken: Clone):
    good = (broken.root / HANDLER).read_text(encoding="utf-8")
    broken.edit(HANDLER, lambda text: f"import nosuch_module\n{text}")
    assert broken.run("deploy", "local").code == 5
    broken.edit(HANDLER, lambda _: f"{good}\n# worse\n")
    typed, verdict = follow(broken)
    assert (verdict, typed) == ("degraded", ["hybridctl status local", "hybridctl deploy local"])


def test_a_bad_release_that_no_check_notices_is_rolled_back(broken: Clone):
    worse = broken.must("--output", "json", "releases", "local").json["releases"][-1]
    assert broken.live_version() == str(worse["version_after"])
    broken.must("rollback", "local", "--yes")
    assert follow(broken) == ([], "healthy")
    assert broken.live_version() == str(worse["version_before"])
    assert httpx.get(f"{broken.endpoint}/health").status_code == 200


def _list_objects(aws: Aws) -> set[str]:
    return {item["Key"] for item in aws("s3").list_objects_v2(Bucket=BUCKET).get("Contents", ())}


def _wait_for_record(aws: Aws, before: set[str]) -> None:
    """Wait for claim and record: a Ctrl-C between the two gives the claim back, and there is nothing to repair."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        names = {key.rpartition("/")[2] for key in _list_objects(aws) - before}
        if "running" in names and any(name.endswith(".json") for name in names):
            return
        time.sleep(0.05)
    raise AssertionError("the deploy never claimed the environment and wrote its record")
