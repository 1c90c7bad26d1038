"""What the smoke test asks, as hybridctl.toml describes it. It is part of the settings, so it imports nothing of the
test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANYTHING = "*"  # the expected value of a member that only has to exist


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `body` is sent as JSON. If `event` is set, the function is invoked with exactly that event."""

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
class Question:
    """A check of the project: a call, its status, and expected members of the JSON answer. `*` matches any value."""

    name: str
    call: Call
    status: int = 200
    expect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SmokePlan:
    """The plan of the smoke test: `questions` in order, or the life cycle of a session if there are none. `health` is a
    path.

    `names_version` is true if the handler's answers contain x-function-version and x-build.
    """

    health: str = "/health"
    questions: tuple[Question, ...] = ()
    names_version: bool = True

    @property
    def pulse(self) -> Call:
        """A cheap call that shows whether the backend answers: the first event if there are only events, otherwise the
        health path.
        """
        calls = [one.call for one in self.questions]
        if calls and all(call.event is not None for call in calls):
            return calls[0]
        return Call("GET", self.health)

    @property
    def deep_pulse(self) -> Call:
        """A call that also checks dependencies: on request, the built-in handler also reads its table."""
        own = self.questions or self.health != "/health"
        return self.pulse if own else Call("GET", f"{self.health}?deep=1")

    @property
    def probes(self) -> tuple[Call, ...]:
        """Read-only calls for synthetic load."""
        if not self.questions:
            return (self.pulse, Call("POST", "/auth/validate", {"session_id": "A" * 43}))
        return (self.pulse, *(one.call for one in self.questions if one.call.method == "GET" and one.status < 500))
