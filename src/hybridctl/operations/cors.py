"""Find why a browser may not call the API: send its preflight requests and compare the answers."""

from typing import Protocol

from hybridctl.domain.outputs import require_outputs
from hybridctl.domain.smoke_plan import Call
from hybridctl.domain.tfstate import Resources
from hybridctl.domain.troubles.answer import TroubleAnswer, answer_gone
from hybridctl.domain.troubles.origins import (
    Configured,
    Preflight,
    PreflightQuestion,
    check_origin,
    judge_cors,
    questions_for,
)
from hybridctl.errors import AwsRefused, NotFound
from hybridctl.operations.troubleshoot import NOTHING
from hybridctl.ports.release import HasPlace, HasProbe
from hybridctl.ports.resources import HasHttpApis
from hybridctl.ports.terraform import HasState

_CORS_LISTS = ("origins", "methods", "headers")


class CorsPorts(HasHttpApis, HasPlace, HasProbe, HasState, Protocol):
    """The ports that the diagnosis uses."""


def diagnose_cors(backend: CorsPorts, origin: str) -> TroubleAnswer:
    """Send a browser's preflight requests, one for each kind of request, and compare the answers with the
    configuration.
    """
    outputs = require_outputs(backend.place.environment, backend.state.outputs(), NOTHING)
    if not outputs.has_api:
        raise NotFound("this backend has no HTTP API, so no browser can ask it: its Terraform has no output api_id")
    origin = check_origin(origin)
    laid_down = backend.state.read_resources() or Resources(())
    routes = [str(one.attributes.get("route_key", "")) for one in laid_down.of("aws_apigatewayv2_route")]
    asked = [(one, _preflight(backend, outputs.endpoint, origin, one)) for one in questions_for(routes)]
    api = outputs.values.get("api_id")
    if api and all(preflight.status >= 400 for _, preflight in asked) and _is_api_gone(backend, str(api)):
        return answer_gone("cors", backend.place.environment, "api", f"the API {api} no longer exists")
    return judge_cors(backend.place.environment, origin, _read_configured(laid_down), asked)


def _preflight(backend: CorsPorts, endpoint: str, origin: str, question: PreflightQuestion) -> Preflight:
    """Send one request the way a browser does: header names sorted, in lower case."""
    headers = {"origin": origin, "access-control-request-method": question.method}
    if question.headers:
        headers["access-control-request-headers"] = ",".join(sorted(question.headers))
    answer = backend.probe.call(endpoint, Call("OPTIONS", question.path, headers=headers))
    allowed = (answer.headers.get(f"access-control-allow-{name}", "") for name in ("origin", "methods", "headers"))
    return Preflight(answer.status, *allowed)


def _is_api_gone(backend: CorsPorts, api: str) -> bool:
    """Return whether the API is known not to exist; False without permission to ask."""
    try:
        return backend.http_apis.routes(api) is None
    except AwsRefused:
        return False


def _read_configured(laid_down: Resources) -> Configured:
    blocks = [
        block
        for api in laid_down.of("aws_apigatewayv2_api")
        for block in api.attributes.get("cors_configuration") or ()
    ]
    return Configured(
        *([str(one) for block in blocks for one in block.get(f"allow_{name}") or ()] for name in _CORS_LISTS)
    )
