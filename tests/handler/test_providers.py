"""Verification by Google and GitHub, against a server on loopback that answers as they are documented to."""

import base64
import json
import re
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from backend.aws.client import SSM, Client, ServiceError
from backend.aws.connections import NoAnswer
from backend.providers import open_by_name
from backend.providers.github import GitHub
from backend.providers.google import Google
from backend.providers.https import Host
from backend.providers.secret import CachedSecret
from backend.settings import read_settings
from backend.verification import (
    ByProvider,
    Claim,
    ProviderNotConfigured,
    ProviderUnavailable,
    TokenRejected,
)
from handler.fakes import ENVIRON, LOGIN, NOON, Handler
from handler.provider_site import GITHUB_INFO, GOOGLE_INFO, TOKEN, provider_site
from handler.transports import AWS_ENVIRON, REGION, MotoTransport


class SetStore:
    """A parameter store that gives one value after the other; an exception among them is raised."""

    def __init__(self, *values):
        self._values = list(values)
        self.asked = []

    def __call__(self, operation, **parameters):
        self.asked.append((operation, parameters))
        value = self._values.pop(0)
        if isinstance(value, Exception):
            raise value
        return {"Parameter": {"Value": value}}


@pytest.fixture
def site():
    with provider_site() as server:
        yield server


@pytest.fixture
def google(site):
    site.answer = dict(GOOGLE_INFO)
    return Google(["our-client"], clock=lambda: NOON, base_url=site.url)


@pytest.fixture
def github(site):
    site.answer = json.loads(json.dumps(GITHUB_INFO))
    return GitHub("our-client", lambda **_: "hush", base_url=site.url)


@pytest.fixture(params=["google", "github"])
def either(request):
    return request.getfixturevalue(request.param)


def test_google_names_the_user_by_sub(google, site):
    assert google.subject(TOKEN) == "110169484474386276334"
    ((method, path, _, _),) = site.asked
    assert (method, urlsplit(path).path) == ("GET", "/tokeninfo")
    assert parse_qs(urlsplit(path).query) == {"access_token": [TOKEN]}


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-client"},
        {"aud": ["our-client"]},
        {"aud": None},
        {"exp": str(NOON)},
        {"exp": "soon"},
        {"exp": None},
        {"email_verified": "false"},
        {"email_verified": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 5},
    ],
)
def test_google_must_describe_a_token_of_ours_that_still_counts(google, site, changes):
    site.answer |= changes
    with pytest.raises(TokenRejected):
        google.subject(TOKEN)


def test_github_names_the_user_by_number(github, site):
    assert github.subject(TOKEN) == "583231"
    ((method, path, headers, body),) = site.asked
    assert (method, path, json.loads(body)) == ("POST", "/applications/our-client/token", {"access_token": TOKEN})
    scheme, _, credentials = headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(credentials)) == ("Basic", b"our-client:hush")


@pytest.mark.parametrize(
    "changes",
    [
        {"app": {"client_id": "another-client"}},
        {"app": None},
        {"user": None},
        {"user": {"login": "octocat"}},
        {"user": {"id": True}},
        {"user": {"id": "583231"}},
    ],
)
def test_github_must_know_the_token_as_ours(github, site, changes):
    site.answer |= changes
    with pytest.raises(TokenRejected):
        github.subject(TOKEN)


@pytest.mark.parametrize(("name", "status"), [("google", 400), ("google", 401), ("github", 404), ("github", 422)])
def test_each_provider_has_its_own_words_for_a_bad_token(request, site, name, status):
    provider = request.getfixturevalue(name)
    site.status = status
    with pytest.raises(TokenRejected):
        provider.subject(TOKEN)


@pytest.mark.parametrize("status", [204, 402, 403, 405, 429, 500, 502, 503])
def test_any_other_status_says_nothing_about_the_token(either, site, status):
    site.status = status
    with pytest.raises(ProviderUnavailable):
        either.subject(TOKEN)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"\xff", b"[" * 60_000, b"{" + b" " * 70_000 + b"}"])
def test_an_answer_that_is_not_a_json_object_says_nothing_either(either, site, answer):
    site.answer = answer
    with pytest.raises(ProviderUnavailable):
        either.subject(TOKEN)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(either, site, status):
    site.status = status
    site.headers = {"location": f"{site.url}/elsewhere"}
    with pytest.raises(ProviderUnavailable):
        either.subject(TOKEN)
    assert len(site.asked) == 1


@pytest.mark.parametrize("first", [0, 500, 502, 503, 504])
def test_a_question_that_got_no_answer_is_asked_once_more(either, site, first):
    site.before = [first]
    assert either.subject(TOKEN)
    assert len(site.asked) == 2
    site.before = [first, first]
    with pytest.raises(ProviderUnavailable):
        either.subject(TOKEN)
    assert len(site.asked) == 4


@pytest.mark.parametrize("status", [402, 403, 429])
def test_an_answer_that_asks_for_patience_is_not_asked_for_again(either, site, status):
    site.status = status
    with pytest.raises(ProviderUnavailable):
        either.subject(TOKEN)
    assert len(site.asked) == 1


def test_a_rotated_secret_is_read_again_when_github_does_not_know_the_old_one(github, site):
    store = SetStore("first", "rotated")
    now = [0.0]
    secret = CachedSecret("/p/oauth/github_client_secret", open_store=lambda: store, clock=lambda: now[0])
    github = GitHub("our-client", secret, base_url=site.url)
    assert github.subject(TOKEN) == "583231"
    now[0] = 60
    site.before = [401]
    assert github.subject(TOKEN) == "583231"
    sent = [base64.b64decode(headers["authorization"].split()[1]) for _, _, headers, _ in site.asked]
    assert sent == [b"our-client:first", b"our-client:first", b"our-client:rotated"]


def test_a_secret_that_is_wrong_is_not_read_at_each_log_in(github, site):
    store = SetStore("wrong")  # a second read would have no answer
    now = [0.0]
    secret = CachedSecret("/p/oauth/github_client_secret", open_store=lambda: store, clock=lambda: now[0])
    github = GitHub("our-client", secret, base_url=site.url)
    site.status = 401
    for now[0] in (0.0, 30.0, 59.0):
        with pytest.raises(ProviderUnavailable, match="answered 401"):
            github.subject(TOKEN)


def test_a_provider_that_does_not_answer_in_time_is_unavailable(site):
    site.may_answer.clear()
    with pytest.raises(ProviderUnavailable, match="TimeoutError"):
        Host(site.url, rejecting=(), timeout=0.05).ask("GET", "/tokeninfo", {})


def test_a_provider_that_cannot_be_reached_is_unavailable(site):
    site.shutdown()
    site.server_close()
    with pytest.raises(ProviderUnavailable, match="ConnectionRefused"):
        Host(site.url, rejecting=()).ask("GET", "/tokeninfo", {})


@pytest.mark.parametrize("token", ["a b", "a\u00e9", "\u20ac" * 100, "a&aud=x", "%0d%0aHost: evil", "{}", "?#"])
def test_a_token_of_any_characters_travels_as_it_is(site, google, github, token):
    site.answer = {**GOOGLE_INFO, **GITHUB_INFO}
    google.subject(token)
    github.subject(token)
    (_, path, _, _), (_, _, _, body) = site.asked
    assert parse_qs(urlsplit(path).query) == {"access_token": [token]}
    assert json.loads(body) == {"access_token": token}


def test_the_user_id_is_the_providers_whatever_the_body_says(dynamodb, google):
    handler = Handler(dynamodb, verifier=ByProvider({"google": lambda: google}))
    created = handler.call("POST", "/auth/session", {**LOGIN, "user_id": "somebody-else"})
    assert (created.status, created.body["user_id"]) == (201, "google:110169484474386276334")


@pytest.mark.parametrize(("status", "answered"), [(400, 401), (500, 503)])
def test_what_a_provider_says_of_a_bad_token_stays_in_the_log_without_the_token(
    dynamodb, google, site, status, answered
):
    handler = Handler(dynamodb, verifier=ByProvider({"google": lambda: google}))
    site.status = status
    site.answer = {"error_description": f"Invalid Value {TOKEN}"}
    reply = handler.call("POST", "/auth/session", {**LOGIN, "oauth_tokens": {"access_token": TOKEN}})
    assert reply.status == answered
    assert "127.0.0.1" not in reply.text
    assert f"answered {status}" in handler.lines[0]
    assert TOKEN not in "".join(handler.lines) + reply.text


def test_a_rejected_token_is_counted_and_an_unavailable_provider_is_not(dynamodb, google, site):
    handler = Handler(dynamodb, verifier=ByProvider({"google": lambda: google}))
    for site.status in (400, 500):
        handler.call("POST", "/auth/session", LOGIN)
    assert handler.counted == ["SessionsRejected", "ColdStarts"]


def test_a_provider_we_do_not_know_is_a_wrong_field(dynamodb):
    handler = Handler(dynamodb, verifier=ByProvider(open_by_name(read_settings(ENVIRON, build="dev"))))
    answered = handler.call("POST", "/auth/session", {**LOGIN, "provider": "gitlab"})
    assert (answered.status, answered.body["error"]["message"]) == (400, "provider must be one of google, github")


@pytest.mark.parametrize("provider", ["google", "github"])
def test_a_provider_without_its_settings_is_reported_missing(provider):
    verifier = ByProvider(open_by_name(read_settings(ENVIRON, build="dev")))
    with pytest.raises(ProviderNotConfigured):
        verifier.user_id(Claim("me", provider, TOKEN))


@pytest.mark.parametrize("audience", ["web-id", "ios-id", "android-id"])
def test_a_token_for_any_platform_of_ours_is_accepted(site, audience):
    site.answer = {**GOOGLE_INFO, "aud": audience}
    google = Google(["web-id", "ios-id", "android-id"], clock=lambda: NOON, base_url=site.url)
    assert google.subject(TOKEN) == GOOGLE_INFO["sub"]


@pytest.mark.parametrize(
    "audience", ["their-id", "web-id,ios-id", "WEB-ID", "web-i", "", None, ["web-id"], {"web-id": 1}, 5, True]
)
def test_a_token_for_another_application_is_refused_however_many_ids_are_ours(site, audience):
    site.answer = {**GOOGLE_INFO, "aud": audience, "azp": "web-id"}
    google = Google(["web-id", "ios-id", "android-id"], clock=lambda: NOON, base_url=site.url)
    with pytest.raises(TokenRejected):
        google.subject(TOKEN)


def test_with_their_settings_the_providers_ask_their_own_hosts():
    ids = {"GOOGLE_CLIENT_ID": "g", "GITHUB_CLIENT_ID": "h", "OAUTH_SECRETS_PARAMETER": "/p/oauth"}
    opened = open_by_name(read_settings({**ENVIRON, **ids}, build="dev"))
    assert opened["google"]()._host._netloc == "oauth2.googleapis.com"
    assert opened["github"]()._host._netloc == "api.github.com"


def test_an_enterprise_server_is_asked_below_its_own_path(site):
    site.answer = GITHUB_INFO
    assert GitHub("our-client", lambda **_: "hush", base_url=f"{site.url}/api/v3").subject(TOKEN) == "583231"
    assert site.asked[0][1] == "/api/v3/applications/our-client/token"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def is_ahead(end):
    """As text or as a number: a time in whole seconds that is to come."""
    return type(end) in (int, str) and re.fullmatch("[0-9]{1,19}", str(end)) is not None and int(end) > NOON


GOOGLE_PROOF = {name: GOOGLE_INFO[name] for name in ("aud", "exp", "email_verified", "sub")}
MISSING = object()


def nearly(good, *likenesses):
    """The good answer with up to two members missing, or become something like it, or anything."""
    other = st.just(MISSING) | st.sampled_from(likenesses) | anything
    changes = st.dictionaries(st.sampled_from(sorted(good)), other, max_size=2)
    return changes.map(lambda new: {name: value for name, value in {**good, **new}.items() if value is not MISSING})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    info=nearly(
        {name: GOOGLE_INFO[name] for name in ("aud", "exp", "email_verified", "sub")}, "1", "true", "Our-Client"
    )
)
def test_whatever_google_answers_a_session_takes_the_whole_proof(dynamodb, google, site, info):
    site.answer = info
    created = Handler(dynamodb, verifier=ByProvider({"google": lambda: google})).call("POST", "/auth/session", LOGIN)
    is_proven = (
        info.get("aud") == "our-client"
        and is_ahead(info.get("exp"))
        and (info.get("email_verified") is True or str(info.get("email_verified")).lower() == "true")
        and isinstance(info.get("sub"), str)
        and info["sub"].isascii()
        and info["sub"].isprintable()
        and info["sub"] != ""
    )
    assert created.status == (201 if is_proven else 401)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    app=nearly(GITHUB_INFO["app"], "our-client") | anything,
    user=nearly(GITHUB_INFO["user"], 1, 0, "1") | anything,
)
def test_whatever_github_answers_a_session_takes_the_whole_proof(dynamodb, github, site, app, user):
    site.answer = {"app": app, "user": user}
    handler = Handler(dynamodb, verifier=ByProvider({"github": lambda: github}))
    created = handler.call("POST", "/auth/session", {**LOGIN, "provider": "github"})
    is_ours = isinstance(app, dict) and app.get("client_id") == "our-client"
    number = user.get("id") if isinstance(user, dict) else None
    is_proven = is_ours and type(number) is int and 0 < number < 2**63
    assert created.status == (201 if is_proven else 401)


def test_a_claim_does_not_show_its_token():
    assert TOKEN not in repr(Claim("me", "google", TOKEN))


def test_a_secret_is_read_decrypted_and_again_after_fifteen_minutes():
    store = SetStore("first", "rotated")
    now = [0.0]
    secret = CachedSecret("/p/oauth/github_client_secret", open_store=lambda: store, clock=lambda: now[0])
    assert [secret(), secret()] == ["first", "first"]
    now[0] = 900
    assert secret() == "rotated"
    assert store.asked == [("GetParameter", {"Name": "/p/oauth/github_client_secret", "WithDecryption": True})] * 2


def test_a_secret_is_read_as_ssm_returns_it():
    with mock_aws():
        put = {"Name": "/p/oauth/github_client_secret", "Value": "hush", "Type": "SecureString"}
        boto3.client("ssm", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").put_parameter(**put)
        client = Client(SSM, AWS_ENVIRON, transport=MotoTransport("ssm"))
        assert CachedSecret("/p/oauth/github_client_secret", open_store=lambda: client)() == "hush"
        with pytest.raises(ProviderNotConfigured, match="ParameterNotFound"):
            CachedSecret("/p/oauth/nothing", open_store=lambda: client)()


def test_a_secret_that_was_put_from_a_file_has_no_lines_end():
    assert CachedSecret("/p/oauth/github_client_secret", open_store=lambda: SetStore("hush\n"))() == "hush"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ParameterNotFound", ProviderNotConfigured),
        ("AccessDeniedException", ProviderNotConfigured),
        ("ThrottlingException", ProviderUnavailable),
    ],
)
def test_a_secret_that_cannot_be_read_is_distinguished(code, error):
    store = SetStore(ServiceError("GetParameter", code, 400))
    with pytest.raises(error, match=code):
        CachedSecret("/p/oauth/github_client_secret", open_store=lambda: store)()


def test_a_parameter_store_that_does_not_answer_is_unavailable():
    store = SetStore(NoAnswer("ssm: TimeoutError"))
    with pytest.raises(ProviderUnavailable, match="ssm: TimeoutError"):
        CachedSecret("/p/oauth/github_client_secret", open_store=lambda: store)()
