"""Workers: functions that a queue or a schedule invokes, with versions of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fakes.backend import FakeBackend
from fakes.functions import FakeFunctions, FakeHandler
from hybridctl.domain.invocation import Invocation
from hybridctl.domain.release import Alias
from hybridctl.domain.smoke_plan import Call, Question, SmokePlan
from hybridctl.domain.worker import Worker, queue_event

ORDER = queue_event(['{"id": 1}'])


@dataclass
class FakeWorker(FakeFunctions):
    """A worker that takes messages, but fails all of them in the versions in `bad`."""

    bad: set[int] = field(default_factory=set)
    asked: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)

    def invoke(self, version: int, event: Mapping[str, Any]) -> Invocation:
        self.asked.append((version, event))
        failures = [{"itemIdentifier": "1"}] if version in self.bad else []
        return Invocation(str(version), {"batchItemFailures": failures}, 0.004, None, ())


def plan_of(name: str) -> SmokePlan:
    check = Question(f"{name} takes an order", Call.of_event(ORDER), expect={"batchItemFailures": []})
    return SmokePlan(questions=(check,), names_version=False)


def add_worker(backend: FakeBackend, name: str, *versions: int, live: int) -> FakeWorker:
    """A worker of the environment whose alias serves `live`."""
    handlers = {version: FakeHandler(version) for version in versions}
    made = FakeWorker(alias=Alias("live", live, "r0"), handlers=handlers)
    backend.workers.listed.append(Worker(name, f"{name}.handle", plan_of(name)))
    backend.workers.of[name] = made
    return made
