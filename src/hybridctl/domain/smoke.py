"""The smoke suite: what is asked of the backend, and what the answers must be. No I/O."""

import json
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from hybridctl.domain.api_event import Gateway, as_body, build_event
from hybridctl.domain.counting import count_noun
from hybridctl.domain.invocation import Invocation
from hybridctl.domain.markup import describe_html
from hybridctl.values import dataclass

VERSION_HEADER = "x-function-version"
# HTTP APIs and REST APIs name each request in their answer, whoever wrote its body.
_GATEWAY_HEADERS = ("apigw-requestid", "x-amz-apigw-id")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `body` is sent as JSON. With an `event` it is no request: the function is invoked with just that."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    event: Mapping[str, Any] | None = None

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> "Call":
        return cls("", "", event=event)

    def __str__(self) -> str:
        return f"{self.method} {self.path}" if self.event is None else "the event"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, by HTTP or by direct invocation; header names are lower case, `seconds` is wall time."""

    status: int
    headers: Mapping[str, str]
    body: str
    seconds: float

    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its verdict; `detail` says what was wrong. One that nobody answered is not `answered`."""

    name: str
    ok: bool
    milliseconds: float
    detail: str = ""
    answered: bool = True


@dataclass(frozen=True, slots=True)
class SmokeReport:
    """All checks of one run, and the one version and build that answered them."""

    target: str
    checks: tuple[Check, ...]
    version: str | None = None
    build: str | None = None
    log: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether nothing speaks against who was asked, but something was not answered."""
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


ANYTHING = "*"  # of a member that only has to be there


@dataclass(frozen=True, slots=True)
class Question:
    """One check of a project's own: a call, its status, and members of the JSON answer; `*` is any value."""

    name: str
    call: Call
    status: int = 200
    expect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SmokePlan:
    """What the suite asks: `questions` in order, or the life of a session where there are none; `health` is a path.

    `names_version` says that the handler's answers carry x-function-version and x-build.
    """

    health: str = "/health"
    questions: tuple[Question, ...] = ()
    names_version: bool = True

    @property
    def pulse(self) -> Call:
        """The cheap call that tells whether anybody answers: the first event, where there are only events to send."""
        calls = [one.call for one in self.questions]
        if calls and all(call.event is not None for call in calls):
            return calls[0]
        return Call("GET", self.health)

    @property
    def deep_pulse(self) -> Call:
        """The same for all that it leans on: our own handler touches its table when it is asked to."""
        own = self.questions or self.health != "/health"
        return self.pulse if own else Call("GET", f"{self.health}?deep=1")

    @property
    def probes(self) -> tuple[Call, ...]:
        """Calls that change nothing, for synthetic load."""
        if not self.questions:
            return (self.pulse, Call("POST", "/auth/validate", {"session_id": "A" * 43}))
        return (self.pulse, *(one.call for one in self.questions if one.call.method == "GET" and one.status < 500))


def difference(answer: Answer, status: int, expected: Mapping[str, Any]) -> str:
    """Why an answer is not the expected one, or "": the status, and the JSON members named in `expected`.

    A member expected to be a type must be of that type, ANYTHING has to be there; any other must be equal.
    """
    if answer.status != status:
        return f"expected {status}, got {answer.status}: {_short(answer.body)}"
    found = answer.json()
    if expected and not isinstance(found, dict):
        return f"expected a JSON object, got {_short(answer.body)}"
    for name, wanted in expected.items():
        value = found.get(name)
        if wanted == ANYTHING and name in found:
            continue
        fits = isinstance(value, wanted) if isinstance(wanted, type) else value == wanted
        if not fits:
            what = wanted.__name__ if isinstance(wanted, type) else json.dumps(wanted)
            return f"expected {name} to be {what}, got {_short(json.dumps(value))}"
    return ""


def is_of_function(answer: Answer) -> bool:
    """Whether the function itself answered: it always says which version it is."""
    return VERSION_HEADER in answer.headers


def is_of_integration(answer: Answer) -> bool:
    """Whether API Gateway answered in the function's place, because asking it failed."""
    return answer.status >= 500 and any(name in answer.headers for name in _GATEWAY_HEADERS)


def name_answer(answer: Answer) -> str:
    """What somebody other than the function answered, in a few words."""
    return f"API Gateway or a proxy answered {answer.status} {_short(answer.body)}".rstrip()


def _short(text: str, limit: int = 120) -> str:
    flat = describe_html(text) or " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def direct_event(call: Call, gateway: Gateway) -> dict[str, Any]:
    """The event that the API would send to the function for this call, with the top-level mark of a smoke run.

    The mark is out of reach for an HTTP client; the function then creates a session without a provider's proof.
    A call that is an event itself is sent as it is.
    """
    if call.event is not None:
        return dict(call.event)
    headers = {name.lower(): value for name, value in call.headers.items()}
    event = build_event(gateway, call.method, call.path, headers, as_body(call.body))
    return {**event, "hybridctl": {"smoke": True}}


def read_invocation(call: Call, ran: Invocation) -> Answer:
    """What an invocation answered to a call; Lambda itself says which version ran, if the handler does not.

    The answer to an event is 200 with the payload as its body, or 502 where the function failed.
    """
    if call.event is None:
        answer = direct_answer(ran.payload, ran.seconds)
    else:
        answer = Answer(502 if ran.error else 200, {}, json.dumps(ran.payload), ran.seconds)
    if ran.version and VERSION_HEADER not in answer.headers:
        answer = replace(answer, headers={**answer.headers, VERSION_HEADER: ran.version})
    return answer


def direct_answer(payload: Any, seconds: float) -> Answer:
    """The function's reply as an answer; anything that is not one becomes a 502, as API Gateway makes it."""
    if not isinstance(payload, dict) or not isinstance(payload.get("statusCode"), int):
        return Answer(502, {}, json.dumps(payload), seconds)
    headers = {str(name).lower(): str(value) for name, value in (payload.get("headers") or {}).items()}
    return Answer(payload["statusCode"], headers, str(payload.get("body") or ""), seconds)
