"""Provisioned concurrency of an alias: allocation takes time, and after a move the traffic waits for it.

After UpdateAlias, Lambda sends all requests to the warm version, by an additional weight of 1, until the new version's
environments are allocated. If the allocation fails, the weight stays. Source: hashicorp/terraform-provider-aws pull
request 48116, gradientedge/cdk-utils pull request 1110. The allocation takes a second here. For a rehearsal, the file
`allocation` in the sandbox's folder overrides this: seconds, `fail`, or both.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Handler, Original, ServiceRequest

SECONDS = 1.0
FAILURE = "FUNCTION_ERROR_INIT_FAILURE"


class Allocation:
    """Keep pending allocations in the function's own record, so that they survive a restart."""

    def __init__(self, settings: Path, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._now = now
        self._lambda = emulator.service("lambda_svc", "_functions")

    def install(self) -> None:
        module = self._lambda.module
        emulator.replace(module, "_update_alias", "func_name alias_name data", self._move)
        emulator.replace(module, "_put_provisioned_concurrency", "func_name qualifier data", self._provision)
        emulator.layer("lambda", self._settle_first)

    def settle_all(self) -> None:
        """Complete allocations that are due."""
        for record in list(self._lambda["_functions"].values()):
            for name, pending in list(record.get("allocations", {}).items()):
                if self._now() >= pending["until"]:
                    _settle(record, name, pending)

    async def _settle_first(self, forward: Handler, request: ServiceRequest) -> Answer:
        self.settle_all()
        return await forward(*request)

    def _move(self, original: Original, function: str, name: str, data: dict[str, Any]) -> Answer:
        record = self._lambda["_functions"].get(function) or {}
        alias = record.get("aliases", {}).get(name) or {}
        before = alias.get("FunctionVersion")
        answer = original(function, name, data)
        config = record.get("provisioned_concurrency", {}).get(name)
        if answer[0] < 300 and config is not None and alias["FunctionVersion"] != before:
            self._begin(record, name, warm=record.setdefault("warm", {}).get(name, before))
        return answer

    def _provision(self, original: Original, function: str, qualifier: str, data: dict[str, Any]) -> Answer:
        record = self._lambda["_functions"].get(function) or {}
        if (record.get("aliases", {}).get(qualifier) or {}).get("RoutingConfig"):
            message = "Alias with weights can not be used with Provisioned Concurrency"
            return emulator.refuse("InvalidParameterValueException", message)
        answer = original(function, qualifier, data)
        if answer[0] < 300:
            self._begin(record, qualifier, warm=None)
        return answer

    def _begin(self, record: dict[str, Any], name: str, *, warm: str | None) -> None:
        alias, config = record["aliases"].get(name) or {}, record["provisioned_concurrency"][name]
        version = alias.get("FunctionVersion")
        if warm == version:  # back to what is still warm
            record.get("allocations", {}).pop(name, None)
            _write(config, "READY")
            return
        seconds, fails = self._read_request()
        record.setdefault("allocations", {})[name] = {"until": self._now() + seconds, "fails": fails, "warm": warm}
        _write(config, "IN_PROGRESS")
        if warm is not None and not alias.get("RoutingConfig"):
            alias["RoutingConfig"] = {"AdditionalVersionWeights": {warm: 1.0}}

    def _read_request(self) -> tuple[float, bool]:
        try:
            words = self._settings.read_text().split()
        except OSError:
            words = []
        numbers = [float(word) for word in words if word.replace(".", "", 1).isdigit()]
        return (numbers[0] if numbers else SECONDS), "fail" in words


def _settle(record: dict[str, Any], name: str, pending: dict[str, Any]) -> None:
    del record["allocations"][name]
    config, alias = record.get("provisioned_concurrency", {}).get(name), record["aliases"].get(name) or {}
    if config is None:
        return
    if pending["fails"]:
        _write(config, "FAILED")
        return
    _write(config, "READY")
    record.setdefault("warm", {})[name] = alias.get("FunctionVersion")
    if (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") == {pending["warm"]: 1.0}:
        alias.pop("RoutingConfig")


def _write(config: dict[str, Any], status: str) -> None:
    ready = config["RequestedProvisionedConcurrentExecutions"] if status == "READY" else 0
    config["AvailableProvisionedConcurrentExecutions"] = ready
    config["AllocatedProvisionedConcurrentExecutions"] = ready
    config["Status"] = status
    config.pop("StatusReason", None)
    if status == "FAILED":
        config["StatusReason"] = FAILURE
