"""The event that an HTTP API sends to a function for a request (payload format 2.0).

Sources: apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (the members) and
http-api-develop-routes.html (how a request selects a route).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

DEFAULT = "$default"
SOURCE_IP = "127.0.0.1"
USER_AGENT = "hybridctl-smoke"
REQUEST_ID = "hybridctl-direct"

_VARIABLE = re.compile(r"\{([\w.-]+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Gateway:
    """What an HTTP API adds to a request: its stage, its ids, and its route keys.

    Without route keys, every request gets a route of its own.
    """

    stage: str
    now: datetime
    route_keys: Sequence[str] = ()
    api_id: str = ""
    account: str = ""
    region: str = ""

    @property
    def domain(self) -> str:
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"{self.api_id}.execute-api.{self.region}.{suffix}"


def match_route(route_keys: Sequence[str], method: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the key of the route that a request selects, and the values of its path variables.

    An exact path wins over a path with variables, which wins over a greedy path. A method wins over ANY. If no route
    matches, the key is `$default`.
    """
    matches: list[tuple[tuple[int, int, int], str, dict[str, str]]] = []
    for key in route_keys:
        wanted, _, template = key.partition(" ")
        if wanted not in (method, "ANY"):
            continue
        match = re.fullmatch(_pattern(template), path)
        if match:
            is_greedy = "+}" in template
            rank = (int(is_greedy), len(_VARIABLE.findall(template)), int(wanted == "ANY"))
            names = [name for name, _ in _VARIABLE.findall(template)]
            values = {name: unquote(value) for name, value in zip(names, match.groups(), strict=True)}
            matches.append((rank, key, values))
    if not matches:
        return (DEFAULT if route_keys else f"{method} {path}"), {}
    _, key, values = min(matches, key=lambda each: each[0])
    return key, values


def build_event(
    gateway: Gateway, method: str, target: str, headers: Mapping[str, str], body: str | None
) -> dict[str, Any]:
    """Return the event for one request. `target` is the path with its query; header names are lower case."""
    path, _, query = target.partition("?")
    key, parameters = match_route(gateway.route_keys, method, path)
    raw_path = unquote(path) if gateway.stage == DEFAULT else f"/{gateway.stage}{unquote(path)}"
    forwarded = dict(headers)
    cookies = [each.strip() for each in forwarded.pop("cookie", "").split(";") if each.strip()]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": raw_path,
        "rawQueryString": query,
        "cookies": cookies,
        "headers": _forward(gateway, forwarded, body),
        "queryStringParameters": _join_query(query),
        "requestContext": {
            "accountId": gateway.account,
            "apiId": gateway.api_id,
            "domainName": gateway.domain,
            "domainPrefix": gateway.api_id,
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": USER_AGENT,
            },
            "requestId": REQUEST_ID,
            "routeKey": key,
            "stage": gateway.stage,
            "time": f"{gateway.now:%d/%b/%Y:%H:%M:%S} +0000",
            "timeEpoch": int(gateway.now.timestamp() * 1000),
        },
        "pathParameters": parameters,
        "body": body,
        "isBase64Encoded": False,
    }
    optional = ("cookies", "queryStringParameters", "pathParameters", "body")  # left out if empty
    return {name: value for name, value in event.items() if name not in optional or value}


def _pattern(template: str) -> str:
    parts, end = [], 0
    for variable in _VARIABLE.finditer(template):
        parts += [re.escape(template[end : variable.start()]), "(.+)" if variable[2] else "([^/]+)"]
        end = variable.end()
    return "".join([*parts, re.escape(template[end:])])


def _join_query(query: str) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


def _forward(gateway: Gateway, headers: Mapping[str, str], body: str | None) -> dict[str, str]:
    typed = {} if body is None else {"content-length": str(len(body.encode())), "content-type": "application/json"}
    return {
        "accept": "*/*",
        **typed,
        "host": gateway.domain,
        "user-agent": USER_AGENT,
        "x-amzn-trace-id": f"Root=1-{int(gateway.now.timestamp()):08x}-{'0' * 24}",
        "x-forwarded-for": SOURCE_IP,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        **headers,
    }


def as_body(content: Any) -> str | None:
    """Return the JSON of a request's body, or None if it has no body."""
    return None if content is None else json.dumps(content)
