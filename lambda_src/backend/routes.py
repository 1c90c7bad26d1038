"""Which request goes where: by path, then by method; HEAD is GET without its body."""

from collections.abc import Callable
from dataclasses import dataclass

from backend.endpoints import Endpoints
from backend.events import Request
from backend.replies import Refused, Reply

Action = Callable[[Endpoints, Request], Reply]

ROUTES: dict[str, dict[str, Action]] = {
    "/health": {"GET": Endpoints.health},
    "/auth/session": {"POST": Endpoints.create, "DELETE": Endpoints.log_out},
    "/auth/validate": {"POST": Endpoints.validate},
    "/auth/sessions": {"GET": Endpoints.devices, "DELETE": Endpoints.log_out_everywhere},
}
UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Route:
    """A request's place in the table; `name` is safe to log, being ours and not the client's."""

    name: str
    allowed: str
    action: Action


def find_route(request: Request) -> Route:
    """The route of `request`; its action refuses what there is no route for."""
    by_method = ROUTES.get(request.path)
    if by_method is None:
        return Route(UNMATCHED, "", _not_found)
    allowed = join_methods(by_method)
    if request.method == "OPTIONS":
        return Route(
            f"OPTIONS {request.path}", allowed, lambda _endpoints, _request: Reply(204, None, {"allow": allowed})
        )
    action = by_method.get("GET" if request.method == "HEAD" else request.method)
    if action is None:
        return Route(request.path, allowed, lambda _endpoints, _request: _wrong_method(allowed))
    return Route(f"{request.method} {request.path}", allowed, action)


def join_methods(by_method: dict[str, Action]) -> str:
    head = ["HEAD"] if "GET" in by_method else []
    return ", ".join([*by_method, *head, "OPTIONS"])


def _not_found(_endpoints: Endpoints, _request: Request) -> Reply:
    raise Refused(404, "not_found", "there is no such route")


def _wrong_method(allowed: str) -> Reply:
    raise Refused(405, "method_not_allowed", f"this route takes {allowed}", headers={"allow": allowed})
