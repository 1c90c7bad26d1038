"""The smoke test: what a backend answered, and whether that was expected. No I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hybridctl.domain.api_event import Gateway, as_body, build_event
from hybridctl.domain.counting import count_noun
from hybridctl.domain.invocation import Invocation
from hybridctl.domain.markup import describe_html
from hybridctl.domain.smoke_plan import ANYTHING, Call

VERSION_HEADER = "x-function-version"
# HTTP APIs and REST APIs add a request id to every response, no matter who wrote its body.
_GATEWAY_HEADERS = ("apigw-requestid", "x-amz-apigw-id")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer from HTTP or from a direct invocation. Header names are lower case; `seconds` is wall time."""

    status: int
    headers: Mapping[str, str]
    body: str
    seconds: float

    def json(self) -> Any:
        """Return the body as JSON, or None if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Check:
    """A check and its result. `detail` says what was wrong. `answered` is false if there was no answer."""

    name: str
    ok: bool
    milliseconds: float
    detail: str = ""
    answered: bool = True


@dataclass(frozen=True, slots=True)
class SmokeReport:
    """All checks of one run, and the version and build that answered them."""

    target: str
    checks: tuple[Check, ...]
    version: str | None = None
    build: str | None = None
    log: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether some checks were not answered and no answered check failed."""
        return not self.ok and not any(check.answered for check in self.failed)

    @property
    def ok(self) -> bool:
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.ok)

    @property
    def summary(self) -> str:
        passed = sum(check.ok for check in self.checks)
        return "; ".join((f"{passed} of {count_noun(len(self.checks), 'check')} passed", *self.notes))


def difference(answer: Answer, status: int, expected: Mapping[str, Any]) -> str:
    """Return the difference from the expected status and JSON members, or "" if there is none.

    A member whose expected value is a type must have that type; for ANYTHING it must exist; otherwise it must be equal.
    """
    if answer.status != status:
        return f"expected {status}, got {answer.status}: {_short(answer.body)}"
    content = answer.json()
    if expected and not isinstance(content, dict):
        return f"expected a JSON object, got {_short(answer.body)}"
    for name, wanted in expected.items():
        value = content.get(name)
        if wanted == ANYTHING and name in content:
            continue
        fits = isinstance(value, wanted) if isinstance(wanted, type) else value == wanted
        if not fits:
            what = wanted.__name__ if isinstance(wanted, type) else json.dumps(wanted)
            return f"expected {name} to be {what}, got {_short(json.dumps(value))}"
    return ""


def is_of_function(answer: Answer) -> bool:
    """Return whether the function answered: it always returns its version."""
    return VERSION_HEADER in answer.headers


def is_of_integration(answer: Answer) -> bool:
    """Return whether API Gateway answered because the call of the function failed."""
    return answer.status >= 500 and any(name in answer.headers for name in _GATEWAY_HEADERS)


def name_answer(answer: Answer) -> str:
    """Describe an answer that is not from the function."""
    return f"API Gateway or a proxy answered {answer.status} {_short(answer.body)}".rstrip()


def _short(text: str, limit: int = 120) -> str:
    flat = describe_html(text) or " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def direct_event(call: Call, gateway: Gateway) -> dict[str, Any]:
    """Return the event that the API would send to the function for this call, with a top-level mark for smoke tests.

    HTTP clients cannot set the mark. It lets the function create a session without a proof from a provider. A call with
    an event is sent unchanged.
    """
    if call.event is not None:
        return dict(call.event)
    headers = {name.lower(): value for name, value in call.headers.items()}
    event = build_event(gateway, call.method, call.path, headers, as_body(call.body))
    return {**event, "hybridctl": {"smoke": True}}


def read_invocation(call: Call, ran: Invocation) -> Answer:
    """Return the answer of an invocation. Lambda supplies the version if the handler does not.

    For an event, the answer is 200 with the payload as its body, or 502 if the function failed.
    """
    if call.event is None:
        answer = direct_answer(ran.payload, ran.seconds)
    else:
        answer = Answer(502 if ran.error else 200, {}, json.dumps(ran.payload), ran.seconds)
    if ran.version and VERSION_HEADER not in answer.headers:
        answer = replace(answer, headers={**answer.headers, VERSION_HEADER: ran.version})
    return answer


def direct_answer(payload: Any, seconds: float) -> Answer:
    """Return the function's response as an answer. An invalid response becomes a 502, as in API Gateway."""
    if not isinstance(payload, dict) or not isinstance(payload.get("statusCode"), int):
        return Answer(502, {}, json.dumps(payload), seconds)
    headers = {str(name).lower(): str(value) for name, value in (payload.get("headers") or {}).items()}
    return Answer(payload["statusCode"], headers, str(payload.get("body") or ""), seconds)
