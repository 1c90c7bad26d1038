"""Every answer is one that the description of the API allows, and no line of the log holds what must stay secret."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from backend.replies import Unavailable
from backend.routes import ROUTES
from handler import events
from handler.description import DESCRIPTION, judge
from handler.fakes import LOGIN, Handler

SECRET = "ya29.never-in-a-log"
SHAPES = [events.http_api, events.rest_api, events.function_url]
METHODS = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"]
text = st.text(st.characters(codec=None), max_size=30)
bodies = st.one_of(
    st.none(),
    text,
    st.just(json.dumps({**LOGIN, "oauth_tokens": {"access_token": SECRET}})),
    st.just(json.dumps({**LOGIN, "oauth_tokens": {"access_token": SECRET}, "user_id": 5})),
    st.just(f'{{"oauth_tokens": {{"access_token": "{SECRET}"'),  # torn off in the middle
    st.just(json.dumps({"session_id": SECRET})),
    st.just(" " * 20_000),
)
headers = st.dictionaries(
    st.sampled_from(["authorization", "origin", "access-control-request-method", "content-type", "user-agent", "x-a"]),
    st.sampled_from([f"Bearer {SECRET}", "https://app.example", "https://evil.example", "x" * 9000, "POST"]) | text,
    max_size=4,
)
queries = st.lists(st.tuples(st.sampled_from(["deep", "a", SECRET]), st.sampled_from(["", "0", "1", "é"])), max_size=4)


def test_the_description_has_the_routes_of_the_code_and_no_others():
    described = {path: {method.upper() for method in of} for path, of in DESCRIPTION["paths"].items()}
    assert described == {path: set(by_method) for path, by_method in ROUTES.items()}


@pytest.mark.parametrize("name", sorted(DESCRIPTION["components"]["schemas"]))
def test_each_schema_is_a_schema(name):
    Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": DESCRIPTION["components"]})


def test_the_answers_of_one_sessions_life_are_described(handler):
    session_id = handler.log_in()
    for method, path, body, bearer in [
        ("POST", "/auth/session", LOGIN, None),
        ("POST", "/auth/validate", {"session_id": session_id}, None),
        ("GET", "/auth/sessions", None, session_id),
        ("HEAD", "/auth/sessions", None, session_id),
        ("DELETE", "/auth/session", None, session_id),
        ("DELETE", "/auth/sessions", None, handler.log_in()),
        ("DELETE", "/auth/sessions", None, session_id),
    ]:
        judge(method, path, handler.call(method, path, body, bearer=bearer))


def test_a_table_that_is_busy_is_described(handler, monkeypatch):
    def busy(*_arguments, **_named):
        raise Unavailable("store_unavailable", "the session store is busy; try again")

    monkeypatch.setattr(type(handler.store), "find_active", busy)
    judge("GET", "/auth/sessions", handler.call("GET", "/auth/sessions", bearer="A" * 43))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    make=st.sampled_from(SHAPES),
    method=st.sampled_from(METHODS),
    path=st.sampled_from([*ROUTES, "/else"]),
    body=bodies,
    headers=headers,
    query=queries,
    in_64=st.booleans(),
)
def test_whatever_is_sent_the_answer_is_described_and_the_log_holds_no_secret(
    dynamodb, make, method, path, body, headers, query, in_64
):
    raw = body.encode("utf-8", "surrogatepass") if in_64 and body is not None else body
    handler = Handler(dynamodb)
    answered = handler.send(make(method, path, raw, headers, query=query, in_64=in_64))
    judge(method, path, answered)
    assert answered.status < 500
    everything = answered.text + "".join(handler.lines)
    assert SECRET not in everything
    assert "Traceback" not in answered.text
