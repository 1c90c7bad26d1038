"""Publishing versions as Lambda does: one way for all operations, and nothing new when nothing has changed."""

import json
from typing import Any

from hybridctl.sandbox.cloud import emulator

# What changes without code or configuration changing.
VOLATILE = {
    "Version", "FunctionArn", "RevisionId", "LastModified", "State", "StateReason", "StateReasonCode", "Description",
    "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode", "MasterArn",
}  # fmt: skip


class Publishing:
    """CreateFunction and UpdateFunctionCode with Publish go through PublishVersion; DryRun changes nothing."""

    def __init__(self) -> None:
        self._lambda = emulator.service("lambda_svc", "_functions", "_publish_version", "json_response")

    def install(self) -> None:
        svc = self._lambda
        emulator.replace(svc.module, "_publish_version", "name data", self._publish)
        emulator.replace(svc.module, "_create_function", "data", self._create)
        emulator.replace(svc.module, "_update_code", "name data", self._update)

    def _publish(self, original: Any) -> Any:
        def publish(name: str, data: dict[str, Any]) -> emulator.Answer:
            function = self._lambda["_functions"].get(name)
            versions = (function or {}).get("versions") or {}
            latest = max(versions, key=int, default=None)
            if function is not None and latest is not None and _same(function["config"], versions[latest]["config"]):
                return self._lambda["json_response"](versions[latest]["config"], 201)  # type: ignore[no-any-return]
            return original(name, data)  # type: ignore[no-any-return]

        return publish

    def _create(self, original: Any) -> Any:
        def create(data: dict[str, Any]) -> emulator.Answer:
            answer: emulator.Answer = original({**data, "Publish": False})
            return self._publish_version(str(data.get("FunctionName")), data, answer)

        return create

    def _update(self, original: Any) -> Any:
        def update(name: str, data: dict[str, Any]) -> emulator.Answer:
            function = self._lambda["_functions"].get(name)
            if data.get("DryRun") and function is not None:
                return self._lambda["json_response"](function["config"])  # type: ignore[no-any-return]
            answer: emulator.Answer = original(name, {**data, "Publish": False})
            return self._publish_version(name, data, answer)

        return update

    def _publish_version(self, name: str, data: dict[str, Any], answer: emulator.Answer) -> emulator.Answer:
        if answer[0] >= 300 or not data.get("Publish"):
            return answer
        made = json.loads(self._lambda["_publish_version"](name, {})[2])
        config = self._lambda["_functions"][name]["config"]
        published: emulator.Answer = self._lambda["json_response"]({**config, "Version": made["Version"]}, answer[0])
        return published


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {k: v for k, v in one.items() if k not in VOLATILE} == {k: v for k, v in other.items() if k not in VOLATILE}
