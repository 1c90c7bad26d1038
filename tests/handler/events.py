"""Complete events as AWS documents them, one builder for each of the three that carry HTTP."""

import base64
from urllib.parse import urlencode

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
ADDRESS = "203.0.113.77"
COMMON = {"accept": "*/*", "host": "example", "x-forwarded-proto": "https", "user-agent": USER_AGENT}


def http_api(
    method, path, body=None, headers=None, *, stage="staging", query=(), route_key=None, domain=None, in_64=False
):
    """HTTP API, payload 2.0: a named stage is in front of rawPath, $default is not."""
    raw_path = path if stage == "$default" else f"/{stage}{path}"
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}" if route_key is None else route_key,
        "rawPath": raw_path,
        "rawQueryString": urlencode(query),
        "headers": {**COMMON, "content-length": "0", **(headers or {})},
        **({"queryStringParameters": join_query(query)} if query else {}),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": domain or "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": ADDRESS,
                "userAgent": USER_AGENT,
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"{method} {path}" if route_key is None else route_key,
            "stage": stage,
            "time": "24/Nov/2026:03:00:00 +0000",
            "timeEpoch": 1795489200000,
        },
        **encode(body, in_64),
    }


def function_url(method, path, body=None, headers=None, *, query=(), in_64=False):
    """Function URL: payload 2.0 with $default for route and stage, and a domain of its own kind."""
    domain = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"
    event = http_api(
        method, path, body, headers, stage="$default", query=query, route_key="$default", domain=domain, in_64=in_64
    )
    event["requestContext"] |= {"accountId": "anonymous", "apiId": domain.partition(".")[0]}
    return event


def rest_api(method, path, body=None, headers=None, *, stage="staging", query=(), resource="/{proxy+}", in_64=False):
    """REST API, payload 1.0: `path` is without the stage, `requestContext.path` with it; header names keep case."""
    named = {name.title(): value for name, value in {**COMMON, **(headers or {})}.items()}
    several = {}
    for key, value in query:
        several.setdefault(key, []).append(value)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": named,
        "multiValueHeaders": {name: [value] for name, value in named.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourceId": "123456",
            "resourcePath": resource,
            "httpMethod": method,
            "extendedRequestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTime": "24/Nov/2026:03:00:00 +0000",
            "path": f"/{stage}{path}",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": stage,
            "domainPrefix": "a1b2c3d4e5",
            "requestTimeEpoch": 1795489200000,
            "requestId": "id-of-rest",
            "identity": {"sourceIp": ADDRESS, "userAgent": USER_AGENT, "accountId": None, "caller": None},
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "apiId": "a1b2c3d4e5",
        },
        "isBase64Encoded": False,
        "body": None,
        **encode(body, in_64),
    }


def smoke(event):
    """The event as hybridctl marks it in a direct invocation."""
    return {**event, "hybridctl": {"smoke": True}}


def join_query(query):
    """API Gateway joins the values of a repeated key with commas in payload 2.0."""
    together = {}
    for key, value in query:
        together[key] = f"{together[key]},{value}" if key in together else value
    return together


def encode(body, in_64):
    if body is None:
        return {"isBase64Encoded": False}
    if in_64:
        raw = body.encode() if isinstance(body, str) else body
        return {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
    return {"body": body, "isBase64Encoded": False}
