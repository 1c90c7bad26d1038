"""API Gateway's HTTP APIs."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import read_optional
from hybridctl.domain.http_api import ApiStage, Route

if TYPE_CHECKING:
    from types_boto3_apigatewayv2 import ApiGatewayV2Client


class GatewayApis:
    """HTTP APIs of one region. The client is opened on first use."""

    def __init__(self, open_client: Callable[[], "ApiGatewayV2Client"]) -> None:
        self._open = open_client

    def routes(self, api: str) -> Sequence[Route] | None:
        """Return all routes of an API, or None if the API does not exist."""
        items = self._items("get_routes", api)
        return None if items is None else [Route(one["RouteKey"], one.get("Target", "")) for one in items]

    def integrations(self, api: str) -> Mapping[str, str] | None:
        """Return the URIs of an API's integrations by id, or None if the API does not exist."""
        items = self._items("get_integrations", api)
        return None if items is None else {one["IntegrationId"]: one.get("IntegrationUri", "") for one in items}

    def stages(self, api: str) -> Sequence[ApiStage] | None:
        """Return an API's stages, or None if the API does not exist."""
        items = self._items("get_stages", api)
        return None if items is None else [_read_stage(one) for one in items]

    def is_disabled(self, api: str) -> bool | None:
        """Return whether the API's own endpoint is disabled, or None if the API does not exist."""
        doing = f"reading the API {api}: get_api (apigateway:GET)"
        return read_optional(
            doing, lambda: self._open().get_api(ApiId=api).get("DisableExecuteApiEndpoint", False), "NotFoundException"
        )

    def _items(self, operation: str, api: str) -> list[Any] | None:
        client: Any = self._open()
        pages = client.get_paginator(operation).paginate(ApiId=api)
        doing = f"reading the API {api}: {operation} (apigateway:GET)"
        return read_optional(
            doing, lambda: [item for page in pages for item in page.get("Items", ())], "NotFoundException"
        )


def _read_stage(raw: Mapping[str, Any]) -> ApiStage:
    throttle = raw.get("DefaultRouteSettings") or {}
    return ApiStage(raw["StageName"], throttle.get("ThrottlingRateLimit"), throttle.get("ThrottlingBurstLimit"))
