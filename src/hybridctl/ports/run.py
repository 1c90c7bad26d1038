"""Ports of the run itself: its clock, its steps, its user, and programs that follow it."""

from __future__ import annotations  # what the signatures name is imported by type checkers only

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hybridctl.domain.engine import EngineEvent
    from hybridctl.domain.environment import Consent
    from hybridctl.domain.release import Step


class Clock(Protocol):
    """Wall time (aware, UTC), a monotonic time in seconds, and the only sleep."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class StepNotes(Protocol):
    """Output of a step: `now` and `engine` while it runs, `done` once at its end.

    `engine` receives Terraform's events about one resource; `text` is what the user sees.
    """

    def now(self, text: str) -> None: ...
    def engine(self, event: EngineEvent, text: str) -> None: ...
    def done(self, detail: str) -> None: ...


class Progress(Protocol):
    """Shows the steps of an operation; `steps` are those so far."""

    @property
    def steps(self) -> Sequence[Step]: ...
    def step(self, name: str) -> AbstractContextManager[StepNotes]: ...


class Events(Protocol):
    """Events of the run for a program that follows it; writing never raises. `finish` waits for a slow program."""

    def write(self, event: str, **facts: object) -> None: ...
    def finish(self) -> None: ...


class Person(Protocol):
    """The user, who sees what happens and consents before anything changes.

    `consent` returns if consent is given and raises NeedsConsent otherwise. `must_be_answerable` raises it early if
    nobody can be asked.
    """

    def say(self, subject: object) -> None: ...
    def must_be_answerable(self, question: str, wanted: Consent, *, given: bool) -> None: ...
    def consent(self, question: str, name: str, wanted: Consent, *, given: bool) -> None: ...
