"""API Gateway operations that the emulator lacks: removing parts of a stage, and changing tags.

Source: the operations DeleteAccessLogSettings, DeleteRouteSettings, TagResource and UntagResource of
apigatewayv2/latest/api-reference.
"""

import re
from typing import Any
from urllib.parse import unquote

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Handler, ServiceRequest

PART = re.compile(r"/v2/apis/([^/]+)/stages/([^/]+)/(accesslogsettings|routesettings)(?:/(.+))?$")
TAGS = re.compile(r"/v2/tags/(arn:.*/apis/([^/]+)(?:/stages/([^/]+))?)$")


class ApiSettings:
    def __init__(self) -> None:
        self._api = emulator.service("apigateway", "_api_tags", "_apis", "_stages")

    def install(self) -> None:
        emulator.layer("apigateway", self._handle)

    async def _handle(self, forward: Handler, request: ServiceRequest) -> Answer:
        path = unquote(request.path)
        if request.method == "DELETE" and (part := PART.match(path)):
            return self._remove(*part.groups())
        answer = await forward(*request)
        if request.method in ("POST", "DELETE") and answer[0] < 300 and (tagged := TAGS.match(path)):
            self._show_tags(*tagged.groups())
        return answer

    def _remove(self, api: str, name: str, part: str, route: str | None) -> Answer:
        stage = self._api["_stages"].get(api, {}).get(name)
        if stage is None:
            return emulator.refuse("NotFoundException", f"Invalid stage identifier specified {name}", 404)
        if part == "accesslogsettings":
            stage.pop("accessLogSettings", None)
        else:
            stage.get("routeSettings", {}).pop(route, None)
        return 204, {}, b""

    def _show_tags(self, arn: str, api: str, stage: str | None) -> None:
        """Return the current tags from GetApi and GetStage."""
        shown: dict[str, Any] | None = (
            self._api["_stages"].get(api, {}).get(stage) if stage else self._api["_apis"].get(api)
        )
        if shown is not None:
            shown["tags"] = dict(self._api["_api_tags"].get(arn, {}))
