"""CORS, where no API gateway answers it: Function URLs and REST APIs."""

from collections.abc import Collection, Mapping

from backend.events import Request
from backend.replies import NO_HEADERS

_EXPOSED = "x-build, x-function-version, retry-after"
_MAX_AGE = "600"


def is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def headers(request: Request, origins: Collection[str], methods: str) -> Mapping[str, str]:
    """The headers for this request; without `access-control-allow-origin` where the origin is not listed.

    An origin comes back only where it is, letter by letter, a listed one.

    Credentials are never allowed: a session travels in `Authorization`, not in a cookie.
    """
    if not request.answers_cors or not origins:
        return NO_HEADERS
    origin = request.headers.get("origin", "")
    varies = {"vary": "origin"}
    allows = "*" if "*" in origins else origin
    if not origin or allows not in origins:
        return varies
    allowed = {**varies, "access-control-allow-origin": allows, "access-control-expose-headers": _EXPOSED}
    if not is_preflight(request):
        return allowed
    return {
        **allowed,
        "access-control-allow-methods": methods,
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": _MAX_AGE,
    }
