"""Provisioned concurrency on an alias, and what a move of the alias does then."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def warm(sandbox, function):
    """A function whose alias keeps one environment warm, at version 1; version 2 is published."""
    function.publish()
    function.update("two")
    function.publish()
    function.alias("live", "1")
    client, name = function.client, function.name
    put = client.put_provisioned_concurrency_config
    put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    assert state(function) == "IN_PROGRESS"
    wait_for(function, "READY")
    yield function
    (sandbox.home / "allocation").unlink(missing_ok=True)


def state(function: Any) -> str:
    found = function.client.get_provisioned_concurrency_config(FunctionName=function.name, Qualifier="live")
    return str(found["Status"])


def wait_for(function: Any, wanted: str) -> None:
    deadline = time.monotonic() + 15
    while state(function) != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def weights(function: Any) -> dict[str, float]:
    alias = function.client.get_alias(FunctionName=function.name, Name="live")
    return dict(alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}))


def move(function: Any, version: str) -> None:
    routing: dict[str, Any] = {"AdditionalVersionWeights": {}}
    function.client.update_alias(
        FunctionName=function.name, Name="live", FunctionVersion=version, RoutingConfig=routing
    )


def test_after_a_move_the_old_version_serves_until_the_new_one_is_warm(sandbox, warm):
    (sandbox.home / "allocation").write_text("2")
    move(warm, "2")
    assert (weights(warm), state(warm)) == ({"1": 1.0}, "IN_PROGRESS")
    assert warm.invoke({}, "live")["ExecutedVersion"] == "1"
    wait_for(warm, "READY")
    assert weights(warm) == {}
    assert warm.invoke({}, "live")["ExecutedVersion"] == "2"


def test_clearing_the_weights_moves_the_traffic_at_once(sandbox, warm):
    (sandbox.home / "allocation").write_text("30")
    move(warm, "2")
    move(warm, "2")
    assert (weights(warm), state(warm)) == ({}, "IN_PROGRESS")
    assert warm.invoke({}, "live")["ExecutedVersion"] == "2"
    move(warm, "1")
    assert (weights(warm), state(warm)) == ({}, "READY")


def test_after_a_failed_allocation_the_weights_stay(sandbox, warm):
    (sandbox.home / "allocation").write_text("0.1 fail")
    move(warm, "2")
    wait_for(warm, "FAILED")
    assert weights(warm) == {"1": 1.0}
    with pytest.raises(ClientError, match="Alias with weights can not be used with Provisioned Concurrency"):
        warm.client.put_provisioned_concurrency_config(
            FunctionName=warm.name, Qualifier="live", ProvisionedConcurrentExecutions=2
        )
