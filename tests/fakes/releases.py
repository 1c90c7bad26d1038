"""What the tests of releases share: a release about to be made, and one about to be rolled back."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fakes import FakeBackend
from fakes.backend import NEW_CODE
from fakes.clock import NOON
from fakes.functions import FakeHandler
from hybridctl.domain.release import Kind, Outcome, Release

GOOD, NEW = 1, 2
STRATEGIES = {
    "all-at-once": ("deploy", "local"),
    "canary": ("deploy", "local", "--strategy", "canary:10@20s"),
    "linear": ("deploy", "local", "--strategy", "linear:40@20s"),
}


def about_to_deploy() -> FakeBackend:
    backend = FakeBackend.deployed(GOOD, live=GOOD)
    backend.terraform.planned = NEW_CODE
    backend.terraform.publishes = FakeHandler(NEW)
    backend.logs.rate = 20
    return backend


def record_rollout(version: int, number: int = 1) -> Release:
    return Release(
        id=f"2026022{number}T120000-1",
        kind=Kind.DEPLOY,
        environment="local",
        account="000000000000",
        actor="ada@example.com",
        host="laptop:1",
        started=NOON,
        finished=NOON,
        outcome=Outcome.LIVE,
        build="b" * 16,
        version_after=version,
        verified=True,
    )


def about_to_roll_back() -> FakeBackend:
    backend = FakeBackend.deployed(GOOD, NEW, live=NEW)
    for version in (GOOD, NEW):
        release = record_rollout(version, version)
        backend.journal.records[release.id] = release
    return backend


def last(backend: FakeBackend) -> Release:
    return backend.journal.releases()[-1]


@dataclass
class RecordingSteps:
    """The steps of an operation, each with its text."""

    said: list[tuple[str, str]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Any:
        steps = self

        class Notes:
            def now(self, text: str) -> None:
                steps.said.append((f"{name}...", text))

            def done(self, detail: str) -> None:
                steps.said.append((name, detail))

        yield Notes()
