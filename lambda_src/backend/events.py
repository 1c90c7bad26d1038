"""The three kinds of event that carry an HTTP request, read into one Request.

HTTP API (payload 2.0): https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
REST API (payload 1.0): https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
Function URL (2.0 too): https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from backend.replies import BadField, Refused

BODY_LIMIT = 16 * 1024
_AWS_DOMAIN = re.compile(r"\.(execute-api|lambda-url)\.")
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html; no segment is "." or "..".
_MAPPING_KEY = re.compile(r"(?:/(?!\.+(?:/|$))[A-Za-z0-9$._+!*'()-]+)+")


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are lower case; of a query key given twice, the last value counts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw_body: object
    is_base64: bool
    address: str
    api_request_id: str
    # No API gateway answers CORS for a Function URL or a REST API; an HTTP API does it all by itself.
    answers_cors: bool
    # At the event's top level, where no HTTP client can write: only a direct invocation, which IAM must allow.
    is_smoke: bool

    def body(self) -> bytes:
        """The body as sent; refused when it is over the limit or not what `isBase64Encoded` says."""
        if self.raw_body is None:
            return b""
        if not isinstance(self.raw_body, str):
            raise BadField("body", "text")
        if len(self.raw_body) > BODY_LIMIT * 4 // 3 + 4:
            raise too_large()
        if self.is_base64:
            try:
                content = base64.b64decode(self.raw_body, validate=True)
            except ValueError as cause:
                raise BadField("body", "valid base64") from cause
        else:
            content = self.raw_body.encode("utf-8", "surrogatepass")
        if len(content) > BODY_LIMIT:
            raise too_large()
        return content


def too_large() -> Refused:
    return Refused(413, "body_too_large", f"the body must not be over {BODY_LIMIT} bytes")


def read_event(event: object, known_paths: Collection[str]) -> Request:
    """The request that `event` carries; raises Refused (400) when it carries none."""
    fields = _mapping(event)
    context = _mapping(fields.get("requestContext"))
    http = _mapping(context.get("http"))
    identity = _mapping(context.get("identity"))
    # "POST /auth/session" in an HTTP API, "$default" or absent elsewhere; in a REST API `resource` says the same.
    decided_method, _, decided_path = _text(fields.get("routeKey")).rpartition(" ")
    method = _text(http.get("method")) or _text(fields.get("httpMethod")) or decided_method
    if not method:
        raise Refused(400, "not_http", "the event is not an HTTP request")
    domain = _text(context.get("domainName"))
    return Request(
        method=method.upper(),
        path=_path(
            decided=decided_path.removeprefix("$default") or _text(fields.get("resource")),
            raw=_text(fields.get("rawPath")) or _text(http.get("path")) or _text(fields.get("path")),
            stage=_text(context.get("stage")),
            known_paths=known_paths,
            has_own_domain=domain != "" and not _AWS_DOMAIN.search(domain),
        ),
        query=_query(fields),
        headers={name.lower(): value for name, value in _strings(fields.get("headers")).items()},
        raw_body=fields.get("body"),
        is_base64=fields.get("isBase64Encoded") is True,
        address=_text(http.get("sourceIp")) or _text(identity.get("sourceIp")),
        api_request_id=_text(context.get("requestId")),
        answers_cors="httpMethod" in fields or ".lambda-url." in domain,
        is_smoke=_mapping(fields.get("hybridctl")).get("smoke") is True,
    )


def _path(decided: str, raw: str, stage: str, known_paths: Collection[str], *, has_own_domain: bool) -> str:
    """The path that routes know.

    What the API itself matched is taken first. A path is stripped of the stage only when it is not a route as
    it stands, for AWS puts a named stage in front of `rawPath` but leaves it out on some custom domains.

    On a custom domain the key of its API mapping may stand in front too. The key is the gateway's and may be any, so
    what stands before a path of ours is taken for it; each route checks who asks, whatever the path was.
    """
    if decided and "{" not in decided:
        return decided
    if raw in known_paths:
        return raw
    if has_own_domain:
        return next((known for known in known_paths if _is_below_key(raw, known)), raw)
    if stage in ("", "$default"):
        return raw
    without_stage = raw.removeprefix(f"/{stage}")
    return without_stage if without_stage.startswith("/") else raw


def _is_below_key(raw: str, known: str) -> bool:
    return raw.endswith(known) and _MAPPING_KEY.fullmatch(raw.removesuffix(known)) is not None


def _query(fields: Mapping[str, Any]) -> dict[str, str]:
    if isinstance(fields.get("rawQueryString"), str):
        return dict(parse_qsl(fields["rawQueryString"], keep_blank_values=True))
    single = _strings(fields.get("queryStringParameters"))
    multiple = _mapping(fields.get("multiValueQueryStringParameters"))
    last = {name: values[-1] for name, values in multiple.items() if isinstance(values, list) and values}
    return {**single, **_strings(last)}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> dict[str, str]:
    return {name: text for name, text in _mapping(value).items() if isinstance(name, str) and isinstance(text, str)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
