"""Provider mode: a session is made for the user that Google or GitHub names, and for no one else."""

import json
from functools import partial

from backend.providers import open_by_name
from backend.providers.github import GitHub
from backend.settings import read_settings
from backend.verification import ProviderNotConfigured
from handler import events
from handler.attacks import Attack, Group, Scene
from handler.fakes import ENVIRON, LOGIN, Answered
from handler.provider_site import TOKEN

OTHER_APP = {"app": {"client_id": "another-client"}}
SLOW = 0.3  # seconds of patience, in the cases that use it up


def google(**info: object) -> partial:
    return partial(_sign_in, "google", info)


def github(**info: object) -> partial:
    return partial(_sign_in, "github", info)


def _sign_in(provider: str, info: dict, scene: Scene) -> Answered:
    return scene.sign_in(provider, info)


def site(provider: str, **broken: object) -> partial:
    """A sign-in while the site has these attributes."""
    return partial(_sign_in_at, provider, broken, {})


def impatient(provider: str, **broken: object) -> partial:
    return partial(_sign_in_at, provider, broken, {"patience": SLOW})


def _sign_in_at(provider: str, broken: dict, options: dict, scene: Scene) -> Answered:
    for name, value in broken.items():
        setattr(scene.site, name, value)
    return scene.sign_in(provider, {}, **options)


def hanging(scene: Scene) -> Answered:
    scene.site.may_answer.clear()
    return scene.sign_in("google", {}, patience=SLOW)


def down(scene: Scene) -> Answered:
    scene.site.server_close()
    return scene.sign_in("google", {})


def secret_out_of_reach(scene: Scene) -> Answered:
    def deny(**_: object) -> str:
        raise ProviderNotConfigured("reading the secret: AccessDeniedException")

    handler = scene.verifying(github=lambda: GitHub("our-client", deny, base_url=scene.site.url))
    return handler.call("POST", "/auth/session", {**LOGIN, "provider": "github"})


def not_set_up(scene: Scene) -> Answered:
    handler = scene.verifying(**open_by_name(read_settings(ENVIRON, build="dev")))
    return handler.call("POST", "/auth/session", LOGIN)


def body(**changes: object) -> partial:
    return partial(_with_body, changes)


def _with_body(changes: dict, scene: Scene) -> Answered:
    return scene.sign_in("google", {}, body=changes)


def token(value: object) -> partial:
    return body(oauth_tokens={"access_token": value})


def mark(**event: object) -> partial:
    """A forged token in a request that says in some place that it is a smoke check."""
    return partial(_mark, event)


def _mark(event: dict, scene: Scene) -> Answered:
    scene.site.status = 400
    sent = events.http_api("POST", "/auth/session", json.dumps(LOGIN))
    return scene.verifying().send({**sent, **event})


def smoke_as(user: str) -> partial:
    return partial(_smoke_as, user)


def _smoke_as(user: str, scene: Scene) -> Answered:
    sent = events.http_api("POST", "/auth/session", json.dumps({**LOGIN, "user_id": user}))
    return scene.verifying().send(events.smoke(sent))


def after_which_the_provider_is_asked_again(scene: Scene) -> Answered:
    """The same token twice, revoked between: nothing is kept of the first answer."""
    handler = scene.verifying()
    scene.site.answer = {"error": "invalid_token"}
    scene.site.status = 400
    handler.call("POST", "/auth/session", LOGIN)
    return handler.call("POST", "/auth/session", LOGIN)


GOOD_GOOGLE = "for google:110169484474386276334"
GOOD_GITHUB = "for github:583231"
REJECTED = (401, "token_rejected")
FIELD = (400, "invalid_field")
NO_ANSWER = (503, "provider_unavailable")

PROOFS = Group(
    "No session without proof",
    "Provider mode. The user is whom the provider names for a token that was issued to this application; the body's\n"
    "`user_id` is not used. No e-mail address is stored, from either provider.",
    (
        Attack("Google describes the token as ours (the good case)", google(), 201, GOOD_GOOGLE, made=1),
        Attack("GitHub knows the token as ours (the good case)", github(), 201, GOOD_GITHUB, made=1),
        Attack("a good token, and another user's id in the body", body(user_id="ann"), 201, GOOD_GOOGLE, made=1),
        Attack("no token at all", body(oauth_tokens={}), *FIELD),
        Attack("an empty token", token(""), *FIELD),
        Attack("a token that is a number", token(5), *FIELD),
        Attack("a token that is a list", token([TOKEN]), *FIELD),
        Attack("a token with a line break and a header after it", token("x\r\nhost: evil.example"), *FIELD),
        Attack("a token with a NUL", token("ya29\x00"), *FIELD),
        Attack("a token of 10 000 characters", token("x" * 10_000), *FIELD),
        Attack(
            "a forged token (Google: 400)", site("google", status=400, answer={"error": "invalid_token"}), *REJECTED
        ),
        Attack("a forged token (GitHub: 404)", site("github", status=404, answer={"message": "Not Found"}), *REJECTED),
        Attack("a malformed token (GitHub: 422)", site("github", status=422), *REJECTED),
        Attack("a revoked token, sent twice", after_which_the_provider_is_asked_again, *REJECTED),
        Attack("a token for another application (Google)", google(aud="another-client"), *REJECTED),
        Attack("a token for several applications (Google)", google(aud=["our-client", "another"]), *REJECTED),
        Attack("a token for another application (GitHub)", github(**OTHER_APP), *REJECTED),
        Attack("an expired token", google(exp="1"), *REJECTED),
        Attack("a token without an end", google(exp=None), *REJECTED),
        Attack("a token whose end is not a number", google(exp="never"), *REJECTED),
        Attack("a token whose end has 5 000 digits", google(exp="9" * 5000), *REJECTED),
        Attack("an e-mail address that is not verified", google(email_verified="false"), *REJECTED),
        Attack("no word about the e-mail address", google(email_verified=None), *REJECTED),
        Attack("an e-mail address verified by a number", google(email_verified=1), *REJECTED),
        Attack("no user (Google)", google(sub=None), *REJECTED),
        Attack("a user that is a number (Google)", google(sub=110), *REJECTED),
        Attack("a user that is a list (Google)", google(sub=["110"]), *REJECTED),
        Attack("a user with a line break (Google)", google(sub="110\n111"), *REJECTED),
        Attack("a user of 300 characters (Google)", google(sub="1" * 300), *REJECTED),
        Attack("no user (GitHub)", github(user=None), *REJECTED),
        Attack("a user by name alone (GitHub)", github(user={"login": "octocat"}), *REJECTED),
        Attack("a user whose number is text (GitHub)", github(user={"id": "583231"}), *REJECTED),
        Attack("a user whose number is `true` (GitHub)", github(user={"id": True}), *REJECTED),
        Attack("a user whose number is below 1 (GitHub)", github(user={"id": -1}), *REJECTED),
        Attack("a user whose number has 3 000 digits (GitHub)", github(user={"id": int("9" * 3000)}), *REJECTED),
        Attack("`provider` in other case", body(provider="Google"), *FIELD),
        Attack("`provider` with a blank after it", body(provider="google "), *FIELD),
        Attack("`provider` in full-width letters", body(provider="\uff47oogle"), *FIELD),
        Attack("an unknown provider", body(provider="gitlab"), *FIELD),
        Attack("a path for a provider", body(provider="../providers/google"), *FIELD),
        Attack("a module for a provider", body(provider="https"), *FIELD),
        Attack("a list of providers", body(provider=["google"]), *FIELD),
        Attack(
            "a forged token, `hybridctl` smoke mark in the body",
            mark(body=json.dumps({**LOGIN, "hybridctl": {"smoke": True}})),
            *REJECTED,
        ),
        Attack("a forged token, smoke mark in a header", mark(headers={"hybridctl": '{"smoke": true}'}), *REJECTED),
        Attack("a forged token, smoke mark in the query", mark(rawQueryString="hybridctl=1&smoke=true"), *REJECTED),
        Attack("a forged token, smoke mark that is not exactly `true`", mark(hybridctl={"smoke": "true"}), *REJECTED),
        Attack("a smoke check by direct invocation (IAM let it in)", smoke_as("smoke"), 201, "for smoke", made=1),
        Attack("a smoke check in a real user's name", smoke_as("google:110169484474386276334"), *FIELD),
    ),
)

BROKEN = Group(
    "A provider that is broken, slow or not itself",
    "Provider mode. What is no clear answer is no answer: 503 with `Retry-After`, and no session.",
    (
        Attack("down", down, *NO_ANSWER),
        Attack("500", site("google", status=500), *NO_ANSWER),
        Attack("503", site("github", status=503), *NO_ANSWER),
        Attack("204, without a body", site("google", raw=b"HTTP/1.1 204 None\r\n\r\n"), *NO_ANSWER),
        Attack("429: too many of our questions", site("google", status=429), *NO_ANSWER),
        Attack("403: GitHub's other word for too many", site("github", status=403), *NO_ANSWER),
        Attack("401: GitHub does not accept our own secret", site("github", status=401), *NO_ANSWER),
        Attack("a redirect", site("google", status=302, headers={"location": "https://evil.example"}), *NO_ANSWER),
        Attack("a redirect that keeps the method", site("github", status=307, headers={"location": "/"}), *NO_ANSWER),
        Attack("no answer at all", hanging, *NO_ANSWER),
        Attack("a good answer, one byte at a time", impatient("google", pace=0.1), *NO_ANSWER),
        Attack("an answer of over 64 KB", site("google", answer=b'{"a": "' + b"x" * 70_000 + b'"}'), *NO_ANSWER),
        Attack("a header of over 64 KB", site("google", headers={"x-long": "x" * 70_000}), *NO_ANSWER),
        Attack("headers without an end", site("google", raw=b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500), *NO_ANSWER),
        Attack("an answer cut off in the middle", site("google", raw=b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"), *NO_ANSWER),
        Attack("not HTTP", site("google", raw=b"SSH-2.0-OpenSSH_9.6\r\n"), *NO_ANSWER),
        Attack("a page in HTML", site("google", answer=b"<html>", headers={"content-type": "text/html"}), *NO_ANSWER),
        Attack("the good answer, called HTML", site("google", headers={"content-type": "text/html"}), *NO_ANSWER),
        Attack("not JSON", site("github", answer=b"ok"), *NO_ANSWER),
        Attack("JSON that is a list", site("github", answer=b"[]"), *NO_ANSWER),
        Attack("JSON nested 60 000 deep", site("google", answer=b"[" * 60_000), *NO_ANSWER),
        Attack("bytes that are not UTF-8", site("google", answer=b"\xff\xfe{}"), *NO_ANSWER),
        Attack("JSON that names the application twice", site("google", answer=b'{"aud": "evil", "aud": "our-client"}'), *NO_ANSWER),
        Attack("JSON with a number of 5 000 digits", site("github", answer=b'{"user": {"id": ' + b"9" * 5000 + b"}}"), *NO_ANSWER),
        Attack("JSON with `NaN`", site("google", answer=b'{"exp": NaN}'), *NO_ANSWER),
        Attack("GitHub's secret cannot be read", secret_out_of_reach, 503, "provider_not_configured"),
        Attack("a provider that is known and not set up", not_set_up, 503, "provider_not_configured"),
        Attack("an error told with status 200", site("google", answer={"error": "invalid_token"}), *REJECTED),
    ),
)  # fmt: skip
