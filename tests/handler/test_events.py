"""The same request in three kinds of event is the same request."""

import json

import pytest

from handler import events
from handler.fakes import ENVIRON, LOGIN, Handler

SHAPES = {
    "HTTP API": events.http_api,
    "HTTP API on $default stage": lambda *a, **k: events.http_api(*a, stage="$default", **k),
    "HTTP API with a catch-all route": lambda *a, **k: events.http_api(*a, route_key="$default", **k),
    "HTTP API with ANY and proxy": lambda *a, **k: events.http_api(*a, route_key="ANY /{proxy+}", **k),
    "REST API": events.rest_api,
    "REST API with a resource": lambda method, path, *a, **k: events.rest_api(method, path, *a, resource=path, **k),
    "Function URL": events.function_url,
}
ORIGIN = {"origin": "https://app.example"}
PREFLIGHT = {**ORIGIN, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}

shapes = pytest.mark.parametrize("make", SHAPES.values(), ids=SHAPES.keys())
without_gateway_cors = pytest.mark.parametrize("make", [events.rest_api, events.function_url])


@shapes
def test_health_has_exactly_these_members(handler, make):
    answered = handler.send(make("GET", "/health"))
    assert (answered.status, answered.text) == (200, '{"status":"healthy","version":"0.1.0"}')


@shapes
def test_a_session_works_from_log_in_to_log_out_in_every_kind_of_event(handler, make):
    def send(method, path, body=None, bearer=None):
        headers = {"authorization": f"bearer {bearer}"} if bearer else {}
        return handler.send(make(method, path, None if body is None else json.dumps(body), headers))

    created = send("POST", "/auth/session", LOGIN)
    session_id = created.body["session_id"]
    assert created.status == 201
    assert created.body == {"session_id": session_id, "user_id": "user123", "expires_at": int(handler.now) + 2592000}
    assert send("POST", "/auth/validate", {"session_id": session_id}).body == {
        "valid": True,
        "user_id": "user123",
        "expires_at": int(handler.now) + 2592000,
    }
    listed = send("GET", "/auth/sessions", bearer=session_id)
    assert (listed.status, [device["current"] for device in listed.body["sessions"]]) == (200, [True])
    assert listed.body["sessions"][0]["address"] == "203.0.113.0/24"
    assert listed.body["sessions"][0]["user_agent"] == events.USER_AGENT
    assert (send("DELETE", "/auth/session", bearer=session_id).status) == 204
    assert send("POST", "/auth/validate", {"session_id": session_id}).text == '{"valid":false}'
    other = send("POST", "/auth/session", LOGIN).body["session_id"]
    assert (send("DELETE", "/auth/sessions", bearer=other).status) == 204
    assert send("POST", "/auth/validate", {"session_id": other}).body == {"valid": False}


@shapes
def test_a_body_in_base64_is_the_same_body(handler, make):
    assert handler.send(make("POST", "/auth/session", json.dumps(LOGIN), in_64=True)).status == 201


@shapes
def test_every_answer_says_which_build_and_version_gave_it(handler, make):
    for event in (make("GET", "/health"), make("GET", "/nowhere"), make("POST", "/auth/session", "{")):
        headers = handler.send(event).headers
        assert (headers["x-build"], headers["x-function-version"]) == ("0123456789abcdef", "7")
        assert headers["cache-control"] == "no-store"


@shapes
def test_an_unknown_route_is_404(handler, make):
    answered = handler.send(make("GET", "/auth/nothing"))
    assert (answered.status, answered.body["error"]["code"]) == (404, "not_found")


@shapes
def test_a_wrong_method_is_405_and_names_the_right_ones(handler, make):
    answered = handler.send(make("PUT", "/auth/session", "{}"))
    assert (answered.status, answered.headers["allow"]) == (405, "POST, DELETE, OPTIONS")
    assert answered.body["error"]["code"] == "method_not_allowed"


@shapes
def test_head_is_get_without_its_body(handler, make):
    answered = handler.send(make("HEAD", "/health"))
    assert (answered.status, answered.text) == (200, "")
    assert handler.send(make("HEAD", "/auth/validate")).status == 405
    assert handler.send(make("HEAD", "/auth/sessions")).text == ""


@shapes
def test_options_names_the_methods(handler, make):
    answered = handler.send(make("OPTIONS", "/health"))
    assert (answered.status, answered.text, answered.headers["allow"]) == (204, "", "GET, HEAD, OPTIONS")
    assert handler.send(make("OPTIONS", "/nowhere")).status == 404


@shapes
def test_the_last_value_of_a_repeated_query_key_counts(handler, dynamodb, make):
    assert handler.send(make("GET", "/health", query=[("deep", "1"), ("deep", "0")])).status == 200
    assert dynamodb.calls == []
    assert handler.send(make("GET", "/health", query=[("deep", "0"), ("deep", "1")])).status == 200
    assert dynamodb.names() == ["GetItem"]


@pytest.mark.parametrize(
    ("raw_path", "stage", "status"),
    [
        ("/staging/health", "staging", 200),
        ("/health", "staging", 200),  # as on some custom domains
        ("/health", "$default", 200),
        ("/health/health", "health", 200),
        ("/health", "health", 200),
        ("/auth/sessions", "auth", 401),  # a stage that is named as a path begins, on a custom domain
        ("/auth/auth/sessions", "auth", 401),
        ("/stagingly/health", "staging", 404),
        ("/staging", "staging", 404),
        ("/staginghealth", "staging", 404),
        ("/staging/staging/health", "staging", 404),
        ("/other/health", "staging", 404),
        ("/health/", "$default", 404),
        ("", "staging", 404),
    ],
)
def test_only_the_stage_is_stripped_and_only_once(handler, raw_path, stage, status):
    event = events.http_api("GET", "/health", stage=stage, route_key="$default")
    event["rawPath"] = event["requestContext"]["http"]["path"] = raw_path
    assert handler.send(event).status == status


@without_gateway_cors
def test_a_preflight_is_answered_where_no_gateway_does_it(handler, make):
    answered = handler.send(make("OPTIONS", "/auth/session", headers=PREFLIGHT))
    assert answered.status == 204
    assert answered.headers["access-control-allow-origin"] == "https://app.example"
    assert answered.headers["access-control-allow-methods"] == "POST, DELETE, OPTIONS"
    assert answered.headers["access-control-allow-headers"] == "authorization, content-type"
    assert "access-control-allow-credentials" not in answered.headers


@without_gateway_cors
@pytest.mark.parametrize("path", ["/health", "/nowhere"])
def test_a_listed_origin_may_read_answers_and_errors(handler, make, path):
    headers = handler.send(make("GET", path, headers=ORIGIN)).headers
    assert (headers["access-control-allow-origin"], headers["vary"]) == ("https://app.example", "origin")


@without_gateway_cors
@pytest.mark.parametrize("origin", ["https://evil.example", "https://app.example.evil", "null", ""])
def test_another_origin_may_not(handler, make, origin):
    for event in (
        make("GET", "/health", headers={"origin": origin}),
        make("OPTIONS", "/health", headers={**PREFLIGHT, "origin": origin}),
    ):
        headers = handler.send(event).headers
        assert not [name for name in headers if name.startswith("access-control")]


@without_gateway_cors
def test_where_every_origin_may_none_is_repeated(dynamodb, make):
    handler = Handler(dynamodb, {**ENVIRON, "CORS_ORIGINS": '["*"]'})
    answered = handler.send(make("GET", "/health", headers={"origin": "https://a.example\r\nset-cookie: b"}))
    assert answered.headers["access-control-allow-origin"] == "*"
    assert "a.example" not in json.dumps(answered.headers)


def test_an_http_api_answers_cors_itself(handler):
    for event in (
        events.http_api("GET", "/health", headers=ORIGIN),
        events.http_api("OPTIONS", "/health", headers=PREFLIGHT),
    ):
        headers = handler.send(event).headers
        assert not [name for name in headers if name.startswith("access-control")]


KEYED = {
    "the path as it is": "/health",
    "the stage in front": "/staging/health",
    "a key in front": "/v1/health",
    "a key of several levels": "/shop/v1.2/health",
    "key and stage in front": "/staging/v1/health",
}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("raw_path", KEYED.values(), ids=KEYED.keys())
@pytest.mark.parametrize("make", [events.http_api, events.rest_api])
def test_on_a_custom_domain_the_key_of_its_mapping_may_stand_in_front(handler, make, raw_path, method):
    event = make(method, "/health", **({"route_key": "$default"} if make is events.http_api else {}))
    event["requestContext"]["domainName"] = "api.example.com"
    event["path" if make is events.rest_api else "rawPath"] = raw_path
    if make is events.http_api:
        event["requestContext"]["http"]["path"] = raw_path
    answered = handler.send(event)
    assert answered.status == {"GET": 200, "HEAD": 200, "PUT": 405}[method]
    assert handler.requests_logged[0]["route"] == ("/health" if method == "PUT" else f"{method} /health")


@pytest.mark.parametrize(
    "raw_path",
    [
        "/v1/healthy",
        "/v1health",
        "/../health",
        "/v1/./health",
        "//health",
        "/v1//health",
        "/v%31/health",
        "v1/health",
        "/v1/health/",
        "/v 1/health",
        "/v1\n/health",
    ],
)
def test_what_no_mapping_can_put_in_front_is_404(handler, raw_path):
    event = events.http_api("GET", "/health", route_key="$default", domain="api.example.com")
    event["rawPath"] = raw_path
    assert handler.send(event).status == 404


@pytest.mark.parametrize("make", [events.http_api, events.function_url, events.rest_api])
def test_on_a_domain_of_aws_there_is_no_key_in_front(handler, make):
    assert (
        handler.send(make("GET", "/v1/health", **({"route_key": "$default"} if make is events.http_api else {}))).status
        == 404
    )


def test_behind_a_key_a_session_is_asked_for_as_anywhere(handler):
    event = events.http_api("DELETE", "/v1/auth/sessions", route_key="$default", domain="api.example.com")
    assert handler.send(event).status == 401
