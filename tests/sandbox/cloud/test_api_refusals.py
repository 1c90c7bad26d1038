"""What API Gateway refuses about an HTTP API is refused."""

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.functions import unique


@pytest.fixture(scope="module")
def gateway(sandbox):
    return sandbox.client("apigatewayv2")


@pytest.fixture
def api(gateway):
    return gateway.create_api(Name=unique("api"), ProtocolType="HTTP")["ApiId"]


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    "key",
    ["GET /", "ANY /a/{id}", "$default", "PUT /a/{id}/b", "GET /{proxy+}", "POST /auth/session", "GET /a.b/c-d_e"],
)
def test_a_route_key_is_a_method_and_a_path(gateway, api, key):
    assert gateway.create_route(ApiId=api, RouteKey=key)["RouteKey"] == key


@pytest.mark.parametrize("key", ["/health", "health", "FETCH /a", "get /a", "GET a", "GET /{proxy+}/x", "GET /a b"])
def test_another_route_key_is_refused(gateway, api, key):
    code, message = refusal(gateway.create_route, ApiId=api, RouteKey=key)
    assert code == "BadRequestException"
    assert "not formatted properly" in message


def test_a_route_exists_once(gateway, api):
    route = gateway.create_route(ApiId=api, RouteKey="GET /a")["RouteId"]
    other = gateway.create_route(ApiId=api, RouteKey="GET /b")["RouteId"]
    exists = ("ConflictException", "Route with key GET /a already exists for this API")
    assert refusal(gateway.create_route, ApiId=api, RouteKey="GET /a") == exists
    assert refusal(gateway.update_route, ApiId=api, RouteId=other, RouteKey="GET /a") == exists
    gateway.update_route(ApiId=api, RouteId=route, RouteKey="GET /a")


def test_a_stage_exists_once_under_an_allowed_name(gateway, api):
    gateway.create_stage(ApiId=api, StageName="local")
    assert refusal(gateway.create_stage, ApiId=api, StageName="local")[0] == "ConflictException"
    assert refusal(gateway.create_stage, ApiId=api, StageName="a.b")[0] == "BadRequestException"


def test_settings_are_for_routes_that_exist(gateway, api):
    settings = {"GET /a": {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 1.0}}
    missing = ("NotFoundException", "Unable to find Route by key GET /a within the provided RouteSettings")
    assert refusal(gateway.create_stage, ApiId=api, StageName="local", RouteSettings=settings) == missing
    gateway.create_route(ApiId=api, RouteKey="GET /a")
    gateway.create_stage(ApiId=api, StageName="local", RouteSettings=settings)


def test_credentials_are_not_for_every_origin(gateway, api):
    cors = {"AllowOrigins": ["*"], "AllowCredentials": True}
    refused = ("BadRequestException", "allow-credentials is not supported if 'allow-origin' is *")
    assert refusal(gateway.create_api, Name="a", ProtocolType="HTTP", CorsConfiguration=cors) == refused
    assert refusal(gateway.update_api, ApiId=api, CorsConfiguration=cors) == refused
