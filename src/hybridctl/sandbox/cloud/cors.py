"""Cross-origin answers of an HTTP API, from its CORS configuration.

Source: apigateway/latest/developerguide/http-api-cors.html. A preflight is answered 204 without asking the function;
an origin that is not allowed simply gets no CORS headers, and it is the browser that refuses.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

HEADERS = (
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
)


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight(configuration: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of the answer to a preflight."""
    answer = on_answer(configuration, headers)
    if answer:
        lists = {"allowMethods": "access-control-allow-methods", "allowHeaders": "access-control-allow-headers"}
        for name, header in lists.items():
            if configuration.get(name):
                answer[header] = ",".join(configuration[name])
        if configuration.get("maxAge") is not None:
            answer["access-control-max-age"] = str(configuration["maxAge"])
    return answer


def on_answer(configuration: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that an allowed origin gets with every answer."""
    origin = headers.get("origin")
    allowed = configuration.get("allowOrigins") or []
    if not origin or not any(fnmatchcase(origin.lower(), pattern.lower()) for pattern in allowed):
        return {}
    credentials = bool(configuration.get("allowCredentials"))
    answer = {"access-control-allow-origin": "*" if "*" in allowed and not credentials else origin}
    if credentials:
        answer["access-control-allow-credentials"] = "true"
    if configuration.get("exposeHeaders"):
        answer["access-control-expose-headers"] = ",".join(configuration["exposeHeaders"])
    return answer
