"""Refuse what API Gateway refuses about an HTTP API and the emulator accepts.

Sources: apigateway/latest/developerguide/http-api-develop-routes.html (route keys), github.com/aws/aws-cdk/issues/9076
(credentials with every origin), github.com/hashicorp/terraform-provider-aws/issues/16094 (settings of a route that does
not exist yet). The texts about route keys and stages are not documented.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Handler, ServiceRequest
from hybridctl.sandbox.cloud.model_requests import read_request

_ROUTE = re.compile(
    r"\$default|(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) (/|(/([^/{}\s]+|{[\w.:-]+}))*(/{[\w.:-]+\+})?/?)"
)
_STAGE = re.compile(r"\$default|[\w-]+", re.ASCII)


class ApiRefused(Exception):
    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class ApiRefusals:
    """A layer before the emulator's HTTP APIs that only refuses requests."""

    def __init__(self) -> None:
        self._api = emulator.service("apigateway", "_apis", "_routes", "_stages")
        self._checks: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "CreateApi": _check_cors,
            "UpdateApi": _check_cors,
            "CreateRoute": self._check_route,
            "UpdateRoute": self._check_route,
            "CreateStage": self._check_new_stage,
            "UpdateStage": self._check_settings,
        }

    def install(self) -> None:
        emulator.layer("apigateway", self._check)

    async def _check(self, forward: Handler, request: ServiceRequest) -> Answer:
        found = read_request("apigatewayv2", request)
        check = self._checks.get(found.operation.name) if found else None
        try:
            if found and check and self._is_http(found.members):
                check(found.members)
        except ApiRefused as refused:
            return emulator.refuse(refused.code, str(refused), refused.status)
        return await forward(*request)

    def _is_http(self, asked: Mapping[str, Any]) -> bool:
        api = self._api["_apis"].get(asked.get("ApiId")) or {}
        return (asked.get("ProtocolType") or api.get("protocolType") or "HTTP") == "HTTP"

    def _check_route(self, asked: Mapping[str, Any]) -> None:
        key = asked.get("RouteKey")
        if key is None:
            return
        if not _ROUTE.fullmatch(key):
            message = f"The provided route key is not formatted properly for HTTP protocol: {key}"
            raise ApiRefused("BadRequestException", message, 400)
        routes = self._api["_routes"].get(asked["ApiId"], {})
        if any(each["routeKey"] == key and name != asked.get("RouteId") for name, each in routes.items()):
            raise ApiRefused("ConflictException", f"Route with key {key} already exists for this API", 409)

    def _check_new_stage(self, asked: Mapping[str, Any]) -> None:
        name = str(asked["StageName"])
        if not _STAGE.fullmatch(name):
            message = "Stage name can only contain alphanumeric characters, hyphens, and underscores, or be $default"
            raise ApiRefused("BadRequestException", message, 400)
        if name in self._api["_stages"].get(asked["ApiId"], {}):
            raise ApiRefused("ConflictException", "Stage already exists", 409)
        self._check_settings(asked)

    def _check_settings(self, asked: Mapping[str, Any]) -> None:
        keys = {each["routeKey"] for each in self._api["_routes"].get(asked["ApiId"], {}).values()}
        for key in asked.get("RouteSettings") or {}:
            if key not in keys:
                message = f"Unable to find Route by key {key} within the provided RouteSettings"
                raise ApiRefused("NotFoundException", message, 404)


def _check_cors(asked: Mapping[str, Any]) -> None:
    cors = asked.get("CorsConfiguration") or {}
    if cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or ()):
        raise ApiRefused("BadRequestException", "allow-credentials is not supported if 'allow-origin' is *", 400)
