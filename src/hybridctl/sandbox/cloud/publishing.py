"""Publish versions as Lambda does: the same way for all operations, and no new version without a change."""

import json
from collections.abc import Callable
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Original

# Attributes that change without a change of code or configuration.
VOLATILE = {
    "Version", "FunctionArn", "RevisionId", "LastModified", "State", "StateReason", "StateReasonCode", "Description",
    "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode", "MasterArn",
}  # fmt: skip


class Publishing:
    """CreateFunction and UpdateFunctionCode with Publish go through PublishVersion; DryRun changes nothing.

    A version after the first is started ahead of its first invocation. The first is created before the objects that it
    needs exist.
    """

    def __init__(self, start_ahead: Callable[[dict[str, Any], bytes], None]) -> None:
        self._start_ahead = start_ahead
        self._lambda = emulator.service("lambda_svc", "_functions", "_publish_version")

    def install(self) -> None:
        svc = self._lambda
        emulator.replace(svc.module, "_publish_version", "name data", self._publish)
        emulator.replace(svc.module, "_create_function", "data", self._create)
        emulator.replace(svc.module, "_update_code", "name data", self._update)

    def _publish(self, original: Original, name: str, data: dict[str, Any]) -> Answer:
        function = self._lambda["_functions"].get(name)
        versions = (function or {}).get("versions") or {}
        latest = max(versions, key=int, default=None)
        if function is not None and latest is not None and _same(function["config"], versions[latest]["config"]):
            return emulator.answer_json(versions[latest]["config"], 201)
        answer = original(name, data)
        if function is not None and latest is not None:
            made = function["versions"][json.loads(answer[2])["Version"]]
            self._start_ahead(made["config"], made["code_zip"])
        return answer

    def _create(self, original: Original, data: dict[str, Any]) -> Answer:
        return self._publish_version(str(data.get("FunctionName")), data, original({**data, "Publish": False}))

    def _update(self, original: Original, name: str, data: dict[str, Any]) -> Answer:
        function = self._lambda["_functions"].get(name)
        if data.get("DryRun") and function is not None:
            return emulator.answer_json(function["config"])
        return self._publish_version(name, data, original(name, {**data, "Publish": False}))

    def _publish_version(self, name: str, data: dict[str, Any], answer: Answer) -> Answer:
        if answer[0] >= 300 or not data.get("Publish"):
            return answer
        made = json.loads(self._lambda["_publish_version"](name, {})[2])
        config = self._lambda["_functions"][name]["config"]
        return emulator.answer_json({**config, "Version": made["Version"]}, answer[0])


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {k: v for k, v in one.items() if k not in VOLATILE} == {k: v for k, v in other.items() if k not in VOLATILE}
