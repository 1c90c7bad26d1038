"""The event of an HTTP API, member by member, as AWS documents it."""

from datetime import UTC, datetime

import pytest

from hybridctl.domain.api_event import Gateway, build_event, match_route

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROUTES = (
    "GET /orders/{id}",
    "ANY /orders/{id}",
    "GET /orders/latest",
    "GET /files/{path+}",
    "POST /orders",
    "$default",
)


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/orders/7", "GET /orders/{id}", {"id": "7"}),
        ("PUT", "/orders/7", "ANY /orders/{id}", {"id": "7"}),
        ("GET", "/orders/latest", "GET /orders/latest", {}),
        ("GET", "/orders/a%20b", "GET /orders/{id}", {"id": "a b"}),
        ("GET", "/files/a/b.txt", "GET /files/{path+}", {"path": "a/b.txt"}),
        ("GET", "/orders/7/items", "$default", {}),
        ("DELETE", "/orders", "$default", {}),
    ],
)
def test_a_request_selects_a_route_as_the_gateway_does(method, path, key, parameters):
    assert match_route(ROUTES, method, path) == (key, parameters)


def test_without_routes_a_request_has_one_of_its_own():
    assert match_route((), "PUT", "/orders/7") == ("PUT /orders/7", {})


def event(target, *, method="GET", stage="dev", headers=None, body=None):
    gateway = Gateway(stage, NOW, ROUTES, "a1b2", "111122223333", "eu-west-1")
    return build_event(gateway, method, target, headers or {}, body)


def test_a_named_stage_stands_before_the_path_and_the_default_one_does_not():
    assert event("/orders/7")["rawPath"] == "/dev/orders/7"
    assert event("/orders/7", stage="$default")["rawPath"] == "/orders/7"


def test_members_without_a_value_are_left_out():
    assert {"cookies", "queryStringParameters", "pathParameters", "body"} & set(event("/orders/latest")) == set()


def test_repeated_query_keys_are_joined_and_empty_values_kept():
    seen = event("/orders/7?a=1&a=2&b=")
    assert seen["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert seen["rawQueryString"] == "a=1&a=2&b="


def test_cookies_are_a_list_and_no_header():
    seen = event("/orders/7", headers={"cookie": "a=1; b=2"})
    assert seen["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in seen["headers"]


def test_the_request_context_names_the_api():
    context = event("/orders", method="POST", body='{"a": 1}')["requestContext"]
    assert context["routeKey"] == "POST /orders"
    assert context["domainName"] == "a1b2.execute-api.eu-west-1.amazonaws.com"
    assert context["time"] == "02/Jan/2026:03:04:05 +0000"


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-central-1", "a1.execute-api.eu-central-1.amazonaws.com"),
        ("us-gov-west-1", "a1.execute-api.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "a1.execute-api.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_domain_is_that_of_the_regions_partition(region, domain):
    """Source: botocore's endpoints, whose suffix of aws-cn is amazonaws.com.cn."""
    assert Gateway("live", NOW, api_id="a1", region=region).domain == domain
