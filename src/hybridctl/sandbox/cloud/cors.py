"""Answer cross-origin requests to an HTTP API according to its CORS configuration.

Source: apigateway/latest/developerguide/http-api-cors.html. A preflight is answered with 204 without the function. A
disallowed origin gets no CORS headers, and the browser refuses the response.
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


def allows(configuration: Mapping[str, Any], origin: str) -> bool:
    """Return whether pages of this origin may call the API."""
    allowed = configuration.get("allowOrigins") or []
    return any(fnmatchcase(origin.lower(), pattern.lower()) for pattern in allowed)


def preflight(configuration: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a preflight's response."""
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
    """Return the headers of every response to an allowed origin."""
    origin = headers.get("origin")
    if not origin or not allows(configuration, origin):
        return {}
    credentials = bool(configuration.get("allowCredentials"))
    anyone = "*" in configuration["allowOrigins"] and not credentials
    answer = {"access-control-allow-origin": "*" if anyone else origin}
    if credentials:
        answer["access-control-allow-credentials"] = "true"
    if configuration.get("exposeHeaders"):
        answer["access-control-expose-headers"] = ",".join(configuration["exposeHeaders"])
    return answer
