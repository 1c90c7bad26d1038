"""Everything around the body: headers, addresses, methods, paths, origins, and events of every shape."""

import json
from collections.abc import Callable
from functools import partial

from handler import events
from handler.attacks import Attack, Group, Scene
from handler.fakes import LOGIN, Answered

GOOD = json.dumps(LOGIN)
INJECTED = "x\r\nset-cookie: session=evil\r\n\r\n<script>"


def event(made: dict) -> partial:
    return partial(_event, made)


def _event(made: dict, scene: Scene) -> Answered:
    return scene.ask(made)


def call(method: str, path: str, body: str | None = None, **options: object) -> partial:
    return event(events.http_api(method, path, body, **options))


def log_in(sent: dict, make: Callable = events.http_api, **top: object) -> partial:
    return event({**make("POST", "/auth/session", GOOD, sent), **top})


def read_recorded(scene: Scene, answered: Answered) -> str:
    """What was stored of where the session was started from."""
    (session_id,) = scene.find_made()
    item = scene.dynamodb.table.get_item(TableName=scene.table, Key={"session_id": {"S": session_id}})["Item"]
    return f"`{item['address']['S']}`" if item["address"]["S"] else "no address"


def read_agent(scene: Scene, answered: Answered) -> str:
    (session_id,) = scene.find_made()
    agent = scene.dynamodb.table.get_item(TableName=scene.table, Key={"session_id": {"S": session_id}})["Item"][
        "user_agent"
    ]["S"]
    return f"{len(agent)} characters of it kept" if agent.isprintable() else f"kept {agent!r}"


def own_headers(scene: Scene, answered: Answered) -> str:
    """Whether a header of the answer holds anything that was sent."""
    return "none of it comes back" if "evil" not in json.dumps(answered.headers) else "it comes back"


def origin(scene: Scene, answered: Answered) -> str:
    allowed = {name: value for name, value in answered.headers.items() if name.startswith("access-control-")}
    assert "access-control-allow-credentials" not in allowed
    return f"`{allowed['access-control-allow-origin']}` may" if allowed else "may not"


def preflight(wanted: str, make: Callable = events.function_url) -> partial:
    headers = {"origin": wanted, "access-control-request-method": "POST"}
    return event(make("OPTIONS", "/auth/session", headers=headers))


def raw_path(path: str) -> partial:
    made = events.http_api("GET", "/health", stage="staging", route_key="$default")
    made["rawPath"] = made["requestContext"]["http"]["path"] = path
    return event(made)


def without(made: dict, *names: str) -> dict:
    return {name: value for name, value in made.items() if name not in names}


ALB = {
    "requestContext": {
        "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/1"}
    },
    "httpMethod": "POST",
    "path": "/auth/session",
    "queryStringParameters": {},
    "headers": {"x-forwarded-for": "198.51.100.9", "user-agent": "curl/8"},
    "body": GOOD,
    "isBase64Encoded": False,
}
USER = (201, "for user123")
SEEN = (201, "`203.0.113.0/24`")
NOWHERE = (404, "not_found")
METHOD = (405, "method_not_allowed")
NOT_HTTP = (400, "not_http")
MAY_NOT = (204, "may not")

HEADERS = Group(
    "Headers, queries and addresses",
    "The address that is kept, coarsely, is the one that the API saw the request come from.",
    (
        Attack("a forged `X-Forwarded-For`", log_in({"x-forwarded-for": "198.51.100.9"}), *SEEN, made=1, look=read_recorded),
        Attack("the same through a REST API", log_in({"x-forwarded-for": "198.51.100.9"}, events.rest_api), *SEEN, made=1, look=read_recorded),
        Attack("forged `Forwarded`, `X-Real-IP` and `CF-Connecting-IP`", log_in({"forwarded": "for=198.51.100.9", "x-real-ip": "198.51.100.9", "cf-connecting-ip": "198.51.100.9"}), *SEEN, made=1, look=read_recorded),
        Attack("a forged `Host` and `X-Forwarded-Host`", log_in({"host": "evil.example", "x-forwarded-host": "evil.example"}), 201, "none of it comes back", made=1, look=own_headers),
        Attack("a user agent of 100 000 characters", log_in({"user-agent": "x" * 100_000}), 201, "200 characters of it kept", made=1, look=read_agent),
        Attack("a user agent with line breaks and colours", log_in({"user-agent": INJECTED + "\x1b[31m"}), 201, f"{len(INJECTED) + 5} characters of it kept", made=1, look=read_agent),
        Attack("a user agent with a lone surrogate", log_in({"user-agent": "\ud800"}), 201, "1 characters of it kept", made=1, look=read_agent),
        Attack("1 000 headers", log_in({f"x-{n}": "x" * 100 for n in range(1000)}), *USER, made=1),
        Attack("headers that are a list", log_in({}, headers=[["user-agent", "x"]]), *USER, made=1),
        Attack("header values that are lists and numbers", log_in({}, headers={"user-agent": ["a"], "authorization": 5}), *USER, made=1),
        Attack("line breaks in `Origin`, on a Function URL", log_in({"origin": INJECTED + "evil"}, events.function_url), 201, "none of it comes back", made=1, look=own_headers),
        Attack("line breaks in the path", call("GET", "/evil\r\nset-cookie: evil"), 404, "none of it comes back", look=own_headers),
        Attack("line breaks in the method", call("GET\r\nset-cookie: evil", "/health"), 405, "none of it comes back", look=own_headers),
        Attack("a bearer with line breaks", call("GET", "/auth/sessions", headers={"authorization": "Bearer evil\r\nset-cookie: evil"}), 401, "none of it comes back", look=own_headers),
        Attack("`Authorization` twice, joined as an HTTP API joins it", call("GET", "/auth/sessions", headers={"authorization": "Bearer " + "A" * 43 + ",Bearer " + "B" * 43}), 401, "unauthenticated"),
        Attack("a query key 500 times", call("GET", "/health", query=[("deep", "1")] * 500), 200, ""),
        Attack("a query that is not text", event({**events.rest_api("GET", "/health"), "queryStringParameters": {"deep": ["1"]}}), 200, ""),
        Attack("`%` and no number after it in a query", event({**events.http_api("GET", "/health"), "rawQueryString": "deep=%&%zz=%ff"}), 200, ""),
    ),
)  # fmt: skip

METHODS = Group(
    "Methods and paths",
    "",
    (
        Attack("`HEAD` where there is no `GET`", call("HEAD", "/auth/session"), 405, ""),
        Attack("`HEAD` of the devices without a session", call("HEAD", "/auth/sessions"), 401, ""),
        Attack("`OPTIONS`", call("OPTIONS", "/auth/session"), 204, ""),
        Attack("`TRACE`", call("TRACE", "/auth/session", GOOD), *METHOD),
        Attack("`CONNECT`", call("CONNECT", "/auth/session", GOOD), *METHOD),
        Attack("`PUT`", call("PUT", "/auth/session", GOOD), *METHOD),
        Attack("a method of 10 000 letters", call("A" * 10_000, "/auth/session", GOOD), *METHOD),
        Attack("`GET` that would like to be `POST` (`X-HTTP-Method-Override`)", call("GET", "/auth/session", GOOD, headers={"x-http-method-override": "POST"}), *METHOD),
        Attack("`_method=DELETE` in the query", call("GET", "/auth/session", query=[("_method", "DELETE")]), *METHOD),
        Attack("`/auth/../health`", raw_path("/staging/auth/../health"), *NOWHERE),
        Attack("`/%68ealth`", raw_path("/staging/%68ealth"), *NOWHERE),
        Attack("`//health`", raw_path("/staging//health"), *NOWHERE),
        Attack("`/health/`", raw_path("/staging/health/"), *NOWHERE),
        Attack("`/HEALTH`", raw_path("/staging/HEALTH"), *NOWHERE),
        Attack("`/health` and a NUL", raw_path("/staging/health\x00"), *NOWHERE),
        Attack("the stage twice", raw_path("/staging/staging/health"), *NOWHERE),
        Attack("another stage", raw_path("/production/health"), *NOWHERE),
    ),
)  # fmt: skip

ORIGINS = Group(
    "Origins",
    "Preflights of a Function URL, where the handler itself answers; only `https://app.example` is listed. An HTTP API\n"
    "answers them before the handler is asked.",
    (
        Attack("the listed origin (the good case)", preflight("https://app.example"), 204, "`https://app.example` may", look=origin),
        Attack("the same through a REST API", preflight("https://app.example", events.rest_api), 204, "`https://app.example` may", look=origin),
        Attack("`https://evil.example`", preflight("https://evil.example"), *MAY_NOT, look=origin),
        Attack("`https://app.example.evil.com`", preflight("https://app.example.evil.com"), *MAY_NOT, look=origin),
        Attack("`https://evil.com/https://app.example`", preflight("https://evil.com/https://app.example"), *MAY_NOT, look=origin),
        Attack("`https://evilapp.example`", preflight("https://evilapp.example"), *MAY_NOT, look=origin),
        Attack("`https://sub.app.example`", preflight("https://sub.app.example"), *MAY_NOT, look=origin),
        Attack("`http://app.example`", preflight("http://app.example"), *MAY_NOT, look=origin),
        Attack("`https://app.example:8443`", preflight("https://app.example:8443"), *MAY_NOT, look=origin),
        Attack("`https://app.example` and a blank", preflight("https://app.example "), *MAY_NOT, look=origin),
        Attack("`HTTPS://APP.EXAMPLE`", preflight("HTTPS://APP.EXAMPLE"), *MAY_NOT, look=origin),
        Attack("two origins", preflight("https://app.example, https://evil.example"), *MAY_NOT, look=origin),
        Attack("`null`", preflight("null"), *MAY_NOT, look=origin),
        Attack("`*`", preflight("*"), *MAY_NOT, look=origin),
        Attack("an empty one", preflight(""), *MAY_NOT, look=origin),
    ),
)  # fmt: skip

SHAPES = Group(
    "Events of every shape",
    "A good log-in in trusted mode, as each kind of API hands it over, and what is none.",
    (
        Attack("HTTP API (the good case)", log_in({}), *USER, made=1),
        Attack("REST API (the good case)", log_in({}, events.rest_api), *USER, made=1),
        Attack("Function URL (the good case)", log_in({}, events.function_url), *USER, made=1),
        Attack("a load balancer, which is not supported: no address of it is believed", event(ALB), 201, "no address", made=1, look=read_recorded),
        Attack("an HTTP API's without `requestContext`", event(without(events.http_api("POST", "/auth/session", GOOD), "requestContext", "rawPath")), *USER, made=1),
        Attack("a REST API's without `path` and `resource`", event(without(events.rest_api("POST", "/auth/session", GOOD), "path", "resource")), *NOWHERE),
        Attack("from a queue", event({"Records": [{"eventSource": "aws:sqs", "body": GOOD}]}), *NOT_HTTP),
        Attack("from a schedule", event({"source": "aws.events", "detail": {"httpMethod": "POST"}}), *NOT_HTTP),
        Attack("an empty object", event({}), *NOT_HTTP),
        Attack("`null`", event(None), *NOT_HTTP),
        Attack("a list", event([events.http_api("GET", "/health")]), *NOT_HTTP),
        Attack("a smoke mark and no request", event({"hybridctl": {"smoke": True}}), *NOT_HTTP),
    ),
)  # fmt: skip
