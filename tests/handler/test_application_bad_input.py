"""Nothing a client sends is answered with a 5xx, a stack trace or its own words."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.events import BODY_LIMIT
from handler import events
from handler.fakes import LOGIN, Handler

shared = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
text = st.text(st.characters(codec=None), max_size=30)  # lone surrogates too: JSON can spell them
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
near_logins = st.fixed_dictionaries(
    {},
    optional={
        "user_id": json_values,
        "provider": st.just("google") | json_values,
        "oauth_tokens": st.just({"access_token": "t"}) | json_values,
        "user_info": json_values,
        "session_id": st.just("A" * 43) | json_values,
    },
)
requests = st.sampled_from(
    [
        ("GET", "/health"),
        ("POST", "/auth/session"),
        ("POST", "/auth/validate"),
        ("GET", "/auth/sessions"),
        ("DELETE", "/auth/session"),
        ("DELETE", "/auth/sessions"),
        ("PATCH", "/auth/session"),
        ("GET", "/else"),
    ]
)


def without(body, path):
    *parents, last = path.split(".")
    copy = json.loads(json.dumps(body))
    inner = copy
    for parent in parents:
        inner = inner[parent]
    del inner[last]
    return copy


@pytest.mark.parametrize("field", ["user_id", "provider", "oauth_tokens", "oauth_tokens.access_token"])
def test_a_missing_field_is_named(handler, field):
    answered = handler.call("POST", "/auth/session", without(LOGIN, field))
    assert (answered.status, answered.body["error"]["code"]) == (400, "invalid_field")
    assert answered.body["error"]["message"].startswith(f"{field} must be ")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"user_id": 5}, "user_id"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": "x" * 257}, "user_id"),
        ({"user_id": "tab\there"}, "user_id"),
        ({"user_id": "\ud800"}, "user_id"),
        ({"provider": ["google"]}, "provider"),
        ({"oauth_tokens": "token"}, "oauth_tokens"),
        ({"oauth_tokens": {"access_token": None}}, "oauth_tokens.access_token"),
        ({"user_info": []}, "user_info"),
        ({"user_info": {"email": 1}}, "user_info.email"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(handler, changed, field):
    answered = handler.call("POST", "/auth/session", {**LOGIN, **changed})
    assert answered.status == 400
    assert answered.body["error"]["message"].startswith(f"{field} must be ")


def test_user_info_may_be_left_out(handler):
    assert handler.call("POST", "/auth/session", without(LOGIN, "user_info")).status == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "invalid_json"),
        ("", "invalid_json"),
        ("{", "invalid_json"),
        ("[" * 16000, "invalid_json"),
        ("9" * 5000, "invalid_json"),
        ("\ufeff{}", "invalid_json"),
        ("[]", "invalid_field"),
        ("null", "invalid_field"),
        ("{}", "invalid_field"),
        ('{"session_id": 5}', "invalid_field"),
        ('{"session_id": null}', "invalid_field"),
        ({"session_id": "x"}, "invalid_field"),  # a body that is not text: no API sends this
    ],
)
def test_an_invalid_body_is_400(handler, body, code):
    answered = handler.send(events.http_api("POST", "/auth/validate", body))
    assert (answered.status, answered.body["error"]["code"]) == (400, code)


@pytest.mark.parametrize("raw", ["%%%", "e30", "é"])
def test_what_is_not_base64_is_400(handler, raw):
    event = {**events.http_api("POST", "/auth/validate"), "body": raw, "isBase64Encoded": True}
    answered = handler.send(event)
    assert (answered.status, answered.body["error"]["message"]) == (400, "body must be valid base64")


def test_bytes_that_are_not_utf_8_are_400(handler):
    assert handler.send(events.http_api("POST", "/auth/validate", b"\xff\xfe\xfa", in_64=True)).status == 400


@pytest.mark.parametrize("in_64", [False, True])
def test_the_body_limit_counts_decoded_bytes(handler, in_64):
    frame = len('{"session_id":""}')
    fits = json.dumps({"session_id": "x" * (BODY_LIMIT - frame)}, separators=(",", ":"))
    assert handler.send(events.http_api("POST", "/auth/validate", fits, in_64=in_64)).status == 200
    for over in (fits + " ", fits + " " * 20_000, "é" * (BODY_LIMIT // 2) + "x"):
        answered = handler.send(events.http_api("POST", "/auth/validate", over, in_64=in_64))
        assert (answered.status, answered.body["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("event", [None, [], "text", 5, {}, {"requestContext": None}, {"Records": []}])
def test_an_event_without_a_request_is_400(handler, event):
    answered = handler.send(event)
    assert (answered.status, answered.body["error"]["code"]) == (400, "not_http")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcg==", "Bearer short", "Bearer a b"])
def test_every_invalid_bearer_gets_the_same_401(handler, header):
    headers = {} if header is None else {"authorization": header}
    answered = handler.send(events.http_api("GET", "/auth/sessions", headers=headers))
    assert answered.status == 401
    assert answered.body == {"error": {"code": "unauthenticated", "message": "no valid session"}}
    assert answered.headers["www-authenticate"] == "Bearer"


@shared
@given(request=requests, body=near_logins | json_values, make=st.sampled_from([events.http_api, events.rest_api]))
def test_no_json_body_is_answered_with_a_5xx(dynamodb, request, body, make):
    answered = Handler(dynamodb).send(make(*request, json.dumps(body)))
    assert answered.status < 500


@shared
@given(request=requests, body=text | st.binary(max_size=60), in_64=st.booleans(), bearer=text)
def test_no_body_at_all_and_no_bearer_is_answered_with_a_5xx(dynamodb, request, body, in_64, bearer):
    raw = body if in_64 else str(body)
    if in_64 and isinstance(body, str):
        raw = body.encode("utf-8", "surrogatepass")
    event = events.function_url(*request, raw, {"authorization": f"Bearer {bearer}", "user-agent": bearer}, in_64=in_64)
    answered = Handler(dynamodb).send(event)
    assert answered.status < 500


@shared
@given(data=st.data(), make=st.sampled_from([events.http_api, events.rest_api, events.function_url]))
def test_no_event_with_a_part_of_any_other_kind_is_answered_with_a_5xx(dynamodb, data, make):
    event = make("POST", "/auth/session", json.dumps(LOGIN), query=[("deep", "1")])
    outer = data.draw(st.sampled_from(sorted(event)))
    inner = event[outer] if isinstance(event[outer], dict) and data.draw(st.booleans()) else event
    key = outer if inner is event else data.draw(st.sampled_from(sorted(inner)))
    inner[key] = data.draw(json_values)
    assert Handler(dynamodb).send(event).status < 500
