"""`troubleshoot cors`: what a browser asks for each kind of request, and which origins it can send."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.test_troubleshoot import ALLOWED, HEADERS, METHODS, quiet
from hybridctl.domain.troubles.origins import (
    Configured,
    Preflight,
    check_origin,
    judge_cors,
    near,
    questions_for,
)
from hybridctl.errors import UsageInvalid


def judge_answer(methods: list[str] = METHODS, headers: list[str] = HEADERS, *, hcl: Configured | None = None) -> Any:
    """The judgement of an API that allows its origin with these methods and headers."""
    preflight = Preflight(204, ALLOWED[0], ",".join(methods), ",".join(headers))
    asked = [(one, preflight) for one in questions_for([])]
    return judge_cors("local", ALLOWED[0], hcl or Configured(ALLOWED, METHODS, HEADERS), asked)


def test_an_api_that_lets_every_route_be_used_is_not_a_trouble():
    answer = judge_answer()
    assert (answer.found, answer.verdict) == (False, f"{ALLOWED[0]} may call the API")
    assert all("passes" in one.said for one in answer.evidence[:-1])


def test_one_route_that_the_browser_would_block_is_a_trouble_though_the_others_pass():
    """A page can log in (POST with a content type), and can neither list its devices nor log out."""
    answer = judge_answer(["GET", "POST"], ["content-type"])
    found = {one.what: (one.bad, one.said) for one in answer.evidence}
    assert answer.found
    assert answer.verdict == f"{ALLOWED[0]} is allowed, but not with DELETE, authorization"
    assert found["POST with content-type"] == (False, "passes (POST /auth/session, POST /auth/validate)")
    assert found["GET with authorization"] == (True, "blocked: authorization not allowed (GET /auth/sessions)")
    assert found["DELETE with authorization"][1].startswith("blocked: DELETE, authorization not allowed")
    assert answer.remedy.command == "hybridctl deploy local", "the HCL has both"


def test_what_the_project_itself_does_not_allow_is_not_put_back_by_a_deploy():
    hcl = Configured(ALLOWED, ["GET", "POST"], ["content-type"])
    answer = judge_answer(["GET", "POST"], ["content-type"], hcl=hcl)
    assert (answer.remedy.deploys, answer.remedy.command) == (False, "hybridctl plan local")
    assert "add DELETE, authorization to" in answer.remedy.why


def test_there_is_one_question_for_each_method_and_set_of_headers_of_the_routes():
    asked = questions_for(["GET /items/{id}", "PUT /items/{id}", "ANY /x/{proxy+}", "$default", "GET /auth/sessions"])
    assert [(one.name, one.path) for one in asked] == [
        ("GET", "/"),
        ("POST with content-type", "/"),
        ("GET with authorization", "/auth/sessions"),
        ("PUT with content-type", "/items/x"),
    ]


def test_the_routes_asked_about_are_those_of_the_handler():
    text = (Path(__file__).parents[3] / "lambda_src/backend/routes.py").read_text()
    table = text[text.index("ROUTES: ") : text.index("UNMATCHED")]
    paths = re.findall(r'"(/[^"]*)": \{(.*)\}', table)
    routes = {f"{method} {path}" for path, methods in paths for method in re.findall(r'"([A-Z]+)"', methods)}
    assert routes == {route for one in questions_for([]) for route in one.routes}


def test_each_question_is_really_asked(hybridctl):
    backend = quiet()
    hybridctl("troubleshoot", "cors", "--origin", ALLOWED[0], backend=backend)
    asked = [call.headers for call in backend.probe.calls if call.method == "OPTIONS"]
    sent = {(one["access-control-request-method"], one.get("access-control-request-headers", "")) for one in asked}
    assert sent == {
        ("GET", ""),
        ("GET", "authorization"),
        ("POST", "content-type"),
        ("DELETE", "authorization"),
    }


def test_what_a_star_stands_for_is_what_browsers_take_it_for():
    """Fetch: "*" is every method and header but Authorization; a method of a simple request needs no naming."""
    star = Preflight(204, "*", "*", "*")
    assert star.allows_origin("https://x.org")
    assert star.lacks("DELETE", ["content-type"]) == []
    assert star.lacks("GET", ["authorization"]) == ["authorization"]
    assert Preflight(204, "*", "", "content-type").lacks("POST", ["content-type"]) == []
    assert not Preflight(403, "*", "*", "*").allows_origin("https://x.org")


def test_a_page_without_an_origin_is_not_added_to_the_list(hybridctl):
    ran = hybridctl("troubleshoot", "cors", "--origin", "null", backend=quiet())
    assert (ran.code, ran.out.splitlines()[-1]) == (5, "→ python3 -m http.server 3000")
    assert "cors_origins" not in ran.out


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("https://app.example.com/", "a browser would send https://app.example.com"),
        ("HTTPS://App.Example.com", "a browser would send https://app.example.com"),
        ("app.example.com", "a browser would send https://app.example.com"),
        ("https://app.example.com:443", "a browser would send https://app.example.com"),
        ("http://localhost:80", "a browser would send http://localhost"),
        ("https://app.example.com:0443/x?y", "a browser would send https://app.example.com"),
        ("http://app.example.com:0443", "a browser would send http://app.example.com:443"),
        ("https://ada:secret@app.example.com", "a browser would send https://app.example.com"),
        ("https://b\u00fccher.example", "a browser would send https://xn--bcher-kva.example"),
        ("NULL", "a browser would send null"),
        ("https://app.example.com:99999", "for example https://app.example.com"),
        ("ftp://app.example.com", "for example https://app.example.com"),
        ("https://[::1", "for example https://app.example.com"),
        ("https://", "for example https://app.example.com"),
        ("*", "for example https://app.example.com"),
        ("", "https://app.example.com"),
    ],
)
def test_an_invalid_origin_gets_an_example(hybridctl, given, hint):
    ran = hybridctl("troubleshoot", "cors", f"--origin={given}", backend=quiet())
    assert (ran.code, hint in ran.err) == (2, True)


@given(st.text(max_size=30) | st.from_regex(r"https?://[a-z.]{1,9}(:[0-9]{1,6})?/?", fullmatch=True))
def test_whatever_is_taken_for_an_origin_is_one_that_a_browser_sends(text):
    try:
        origin = check_origin(text)
    except UsageInvalid as refused:
        sent = str(refused.hint).partition("a browser would send ")[2]
        assert not sent or check_origin(sent) == sent
        return
    assert origin == text
    assert not re.search(r"/$|^http://[^:]+:80$|^https://[^:]+:443$", origin)


def test_the_origin_that_was_probably_meant_is_named():
    assert (
        near("http://app.example.com", ALLOWED)
        == "https://app.example.com is allowed, but http and https are different origins"
    )
    assert "another port" in str(near("http://localhost:8080", ALLOWED))
    assert "www." in str(near("https://www.app.example.com", ALLOWED))
    assert near("https://elsewhere.org", ALLOWED) is None


@pytest.mark.parametrize("place", ["modules/http_api", "environments/local", "environments/staging"])
@pytest.mark.parametrize(
    "text",
    [
        "https://app.example.com",
        "https://app.example.com:8443",
        "http://localhost:3000",
        "http://localhost:443",
        "https://localhost:80",
        "https://app.example.com:443",
        "http://localhost:80",
        "http://localhost:080",
        "https://app.example.com/",
        "https://App.example.com",
        "app.example.com",
    ],
)
def test_the_hcl_takes_just_the_origins_that_a_browser_sends(place, text):
    """Its condition: one pattern that must match, and one for default ports that must not."""
    hcl = (Path(__file__).parents[3] / "terraform" / place / "variables.tf").read_text(encoding="utf-8")
    [condition] = re.findall(r"alltrue\(\[for origin in var\.cors_origins : (.*)\]\)", hcl)
    [wanted, refused] = re.findall(r'can\(regex\("([^"]*)", origin\)\)', condition)
    assert condition == f'can(regex("{wanted}", origin)) && !can(regex("{refused}", origin))'
    taken = bool(re.search(wanted, text)) and not re.search(refused, text)
    try:
        sent = check_origin(text)
    except UsageInvalid:
        sent = None
    assert taken == (sent == text)
