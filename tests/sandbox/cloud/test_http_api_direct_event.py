"""The event of a direct call is the one that the API sends for the same request."""

from datetime import UTC, datetime

import httpx
import pytest

from hybridctl.domain.api_event import Gateway
from hybridctl.domain.smoke import direct_event
from hybridctl.domain.smoke_plan import Call
from sandbox.cloud.functions import Api, package

ECHO = """
import json
def handle(event, context):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}
"""
ROUTES = ("GET /orders/{id}", "PUT /orders/{id}", "ANY /files/{path+}", "POST /auth/session", "$default")
CALLS = (
    Call("GET", "/orders/7"),
    Call("PUT", "/orders/a%20b", {"item": "tea"}),
    Call("DELETE", "/files/a/b.txt"),
    Call("POST", "/auth/session", {"user_id": "u"}, {"authorization": "Bearer x"}),
    Call("GET", "/elsewhere?a=1&a=2&b="),
    Call("GET", "/orders/7", headers={"cookie": "a=1; b=2"}),
)
OWN = {"hybridctl"}
VOLATILE = {"requestId", "time", "timeEpoch", "domainName", "sourceIp", "userAgent"}


@pytest.fixture(scope="module", params=["staging", "$default"])
def echo(request, sandbox):
    from sandbox.cloud.functions import Function

    function = Function(sandbox, Code={"ZipFile": package(source=ECHO)})
    function.alias("live", function.publish())

    class Routed(Api):
        STAGE = request.param

    api = Routed(function)
    [integration] = api.client.get_integrations(ApiId=api.id)["Items"]
    for route in api.client.get_routes(ApiId=api.id)["Items"]:
        api.client.delete_route(ApiId=api.id, RouteId=route["RouteId"])
    for key in ROUTES:
        api.client.create_route(ApiId=api.id, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}")
    return api


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_a_direct_call_and_the_api_give_the_function_the_same_event(echo, call):
    sandbox = echo.function.sandbox
    base = f"{sandbox.endpoint}/_aws/execute-api/{echo.id}/{echo.STAGE}"
    with httpx.Client(trust_env=False, timeout=60) as client:
        sent = client.request(call.method, f"{base}{call.path}", json=call.body, headers=call.headers).json()
    gateway = Gateway(echo.STAGE, datetime.now(UTC), ROUTES, echo.id, sandbox.account, sandbox.region)
    built = direct_event(call, gateway)
    assert set(built) - OWN == set(sent)
    same = ("version", "routeKey", "rawPath", "rawQueryString", "cookies", "pathParameters", "queryStringParameters")
    for member in same:
        assert built.get(member) == sent.get(member), member
    assert set(sent["headers"]) - set(built["headers"]) <= {"accept-encoding", "connection"}
    assert set(built["requestContext"]) == set(sent["requestContext"])
    for member in set(sent["requestContext"]) - VOLATILE - {"http"}:
        assert built["requestContext"][member] == sent["requestContext"][member], member
    for member in set(sent["requestContext"]["http"]) - VOLATILE:
        assert built["requestContext"]["http"][member] == sent["requestContext"]["http"][member], member
