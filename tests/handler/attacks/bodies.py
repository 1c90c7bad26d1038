"""Bodies that are not what they should be, on both routes that read one."""

import base64
import gzip
import json
from functools import partial

from handler import events
from handler.attacks import Attack, Group, Scene
from handler.fakes import LOGIN, Answered

GOOD = json.dumps(LOGIN)
MEGABYTE = 1024 * 1024


def text(body: object) -> partial:
    return partial(_send, {"body": body, "isBase64Encoded": False})


def raw(body: bytes) -> partial:
    """Bytes, as an API sends what it takes for binary."""
    return partial(_send, {"body": base64.b64encode(body).decode(), "isBase64Encoded": True})


def event(**changes: object) -> partial:
    return partial(_send, changes)


def _send(changes: dict, scene: Scene) -> Answered:
    return scene.ask({**events.http_api("POST", "/auth/session"), **changes})


def fields(**changes: object) -> partial:
    return text(json.dumps({**LOGIN, **changes}))


JSON = (400, "invalid_json")
FIELD = (400, "invalid_field")
LARGE = (413, "body_too_large")
USER = (201, "for user123")


def nest(depth: int) -> partial:
    """A good body whose deepest object is that deep; brackets within texts do not count."""
    inside = depth - 1
    return text(GOOD[:-1] + ', "n": ' + '{"[{":' * inside + '"[["' + "}" * inside + "}")


BODIES = Group(
    "Bodies",
    "Sent to `POST /auth/session` in trusted mode, where a body that is understood makes a session.",
    (
        Attack("none", text(None), *JSON),
        Attack("an empty one", text(""), *JSON),
        Attack("not JSON", text("user_id=ann&provider=google"), *JSON),
        Attack("JSON cut off in the middle", text(GOOD[:-1]), *JSON),
        Attack("JSON with more after it", text(GOOD + "{}"), *JSON),
        Attack("JSON with a comment", text("/* */" + GOOD), *JSON),
        Attack("XML with an entity", text('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'), *JSON),
        Attack("a list", text(f"[{GOOD}]"), *FIELD),
        Attack("text", text(json.dumps(GOOD)), *FIELD),
        Attack("`null`", text("null"), *FIELD),
        Attack("a number", text("5"), *FIELD),
        Attack("lists nested 10 000 deep", text("[" * 10_000), *JSON),
        Attack("objects nested 64 deep, which is the limit", nest(64), *USER, made=1),
        Attack("objects nested 65 deep", nest(65), *JSON),
        Attack("objects nested 2 000 deep", text('{"a":' * 2000 + "1" + "}" * 2000), *JSON),
        Attack("`NaN`, which is not JSON", text(GOOD[:-1] + ', "n": NaN}'), *JSON),
        Attack("`-Infinity`, which is none either", text(GOOD[:-1] + ', "n": -Infinity}'), *JSON),
        Attack("a number of 5 000 digits", text(GOOD[:-1] + ', "n": ' + "9" * 5000 + "}"), *JSON),
        Attack("`1e999` in a field that nobody reads", text(GOOD[:-1] + ', "n": 1e999}'), *USER, made=1),
        Attack("`user_id` twice", text('{"user_id": "ann", ' + GOOD[1:]), *JSON),
        Attack("the token twice", text(GOOD.replace('{"access_token"', '{"access_token": "a", "access_token"')), *JSON),
        Attack("a byte order mark", text("\ufeff" + GOOD), *JSON),
        Attack("UTF-16", raw(GOOD.encode("utf-16")), *JSON),
        Attack("UTF-32", raw(GOOD.encode("utf-32-le")), *JSON),
        Attack("bytes that are not UTF-8", raw(GOOD.encode().replace(b"user123", b"\xff\xfe")), *JSON),
        Attack("a slash in two bytes (overlong UTF-8)", raw(GOOD.encode().replace(b"user123", b"\xc0\xaf")), *JSON),
        Attack("gzip", raw(gzip.compress(GOOD.encode(), mtime=0)), *JSON),
        Attack("NUL bytes", text("\x00" * 50), *JSON),
        Attack("a NUL within a name", text(GOOD.replace("user123", "user\x00123")), *JSON),
        Attack("an escaped NUL within a name", fields(user_id="user\x00123"), *FIELD),
        Attack("a joiner where it shows nothing", fields(user_id="user\u200d123"), *FIELD),
        Attack("a non-joiner at the end of a name", fields(user_id="user123\u200c"), *FIELD),
        Attack("a filler that shows nothing", fields(user_id="user123\u3164"), *FIELD),
        Attack("text turned from right to left", fields(user_id="\u202euser123"), *FIELD),
        Attack("a lone surrogate, as it is", text(GOOD.replace("user123", "\ud800")), *JSON),
        Attack("a lone surrogate, escaped", fields(user_id="\ud800"), *FIELD),
        Attack("a name that writes from right to left", fields(user_id="user\u202e321"), *FIELD),
        Attack("a name that colours a terminal", fields(user_id="\x1b[31muser"), *FIELD),
        Attack("a name of 257 characters", fields(user_id="x" * 257), *FIELD),
        Attack("a name that is an object", fields(user_id={"S": "ann"}), *FIELD),
        Attack("a provider that nobody knows", fields(provider="whoever"), *FIELD),
        Attack("markup for a provider", fields(provider="<script>alert(1)</script>"), *FIELD),
        Attack("an e-mail address that is a list", fields(user_info={"email": ["a@b"]}), *FIELD),
        Attack("fields that nobody asked for", fields(role="admin", epoch=99, expires_at=9e9), *USER, made=1),
        Attack("`__proto__` and `__class__`", fields(__proto__={"a": 1}, __class__="x"), *USER, made=1),
        Attack("said to be base64 and is not", event(body="%%%", isBase64Encoded=True), *FIELD),
        Attack("plain JSON said to be base64", event(body=GOOD, isBase64Encoded=True), *FIELD),
        Attack("base64 said to be plain", event(body=base64.b64encode(GOOD.encode()).decode()), *JSON),
        Attack("base64 by a flag that is text", event(body=base64.b64encode(GOOD.encode()).decode(), isBase64Encoded="true"), *JSON),
        Attack("a body that is an object in the event", event(body=dict(LOGIN)), *FIELD),
        Attack("one byte over 16 KB", text(GOOD + " " * (16 * 1024 + 1 - len(GOOD))), *LARGE),
        Attack("6 MB of text, Lambda's own limit", text("x" * 6 * MEGABYTE), *LARGE),
        Attack("6 MB in base64", event(body="QUFB" * (6 * MEGABYTE // 4), isBase64Encoded=True), *LARGE),
    ),
)  # fmt: skip
