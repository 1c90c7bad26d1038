"""Ports and facts for moving an environment's traffic, and how alias and function are read."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from hybridctl.domain.outputs import Outputs
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias
from hybridctl.domain.worker import Worker
from hybridctl.errors import AliasMoved, AwsRefused, NotDeployed, Unanswered
from hybridctl.operations.endpoint import PublicPorts
from hybridctl.operations.smoke import SmokeTest
from hybridctl.operations.warm_up import find_kept
from hybridctl.ports.release import Functions, HasPlace, HasRules
from hybridctl.ports.run import Clock, Progress

LOOK_SECONDS = 2.0  # between two looks at what takes seconds to change
SOON_SECONDS = 0.5  # between two looks at what may have changed already

T = TypeVar("T")


class TrafficPorts(PublicPorts, HasPlace, HasRules, Protocol):
    """The ports that moving traffic uses."""


@dataclass
class Traffic(SmokeTest):
    """The ports and facts that moving traffic needs, and what it reads; `user` is the smoke suite's own user id.

    `worker` is the name of the worker whose alias this is about; "" for the API's function.
    """

    environment: str
    progress: Progress
    worker: str = ""

    @classmethod
    def of(cls, backend: TrafficPorts, outputs: Outputs, clock: Clock, progress: Progress, user: str) -> "Traffic":
        return cls(
            functions=backend.functions,
            probe=backend.probe,
            http_apis=backend.http_apis,
            outputs=outputs,
            clock=clock,
            user=user,
            plan=backend.rules.smoke,
            patience=backend.rules.patience,
            environment=backend.place.environment,
            progress=progress,
        )

    def live(self) -> Alias:
        alias = self.functions.live()
        if alias is None:
            raise NotDeployed(
                f"{self.worker or self.outputs.function} has no alias that could be moved", hint="hybridctl deploy"
            )
        return alias

    def find_allocation(self, alias: Alias) -> Provisioned | None:
        """Return what Lambda is allocating while it keeps the traffic on the previous version; None if it is not."""
        kept = find_kept(self.functions) if alias.held_at is not None else None
        return kept if alias.is_allocating(kept) else None

    def serving(self) -> Alias:
        """Return the alias as it serves now, without a move that Lambda has not finished."""
        return self.without_allocation(self.live())

    def without_allocation(self, alias: Alias) -> Alias:
        """Return the alias without a move that Lambda has not finished."""
        if alias.held_at is None or self.find_allocation(alias) is None:
            return alias
        return replace(alias, version=alias.held_at, weights={})

    def read_patiently(self, read: Callable[[], T]) -> T:
        """Read, tolerating a network failure of up to a minute. Raises Unanswered after that."""
        deadline = self.clock.monotonic() + self.patience.silence
        while True:
            try:
                return read()
            except AwsRefused as cause:
                if self.clock.monotonic() >= deadline:
                    raise Unanswered(f"the alias could not be read: {cause}", hint=self.how_to_verify) from cause
                self.clock.sleep(LOOK_SECONDS)

    def try_to_read(self) -> Alias | None:
        try:
            return self.live()
        except BaseException:
            return None

    def of_worker(self, worker: Worker, functions: Functions) -> "Traffic":
        """Return the traffic of a worker's alias, which no client calls."""
        return replace(self, functions=functions, plan=worker.plan, worker=worker.name)

    def name_version(self, version: int) -> str:
        """Return the version's name for steps and errors."""
        return f"version {version} of {self.worker}" if self.worker else f"version {version}"

    def name_alias(self, alias: Alias) -> str:
        return f"{alias.name} of {self.worker}" if self.worker else alias.name

    def how_to_return(self, version: int) -> str:
        """Return the hint if it is unknown whether the alias serves that version."""
        which = "" if self.worker else f" --version {version}"
        return f"hybridctl status, then hybridctl rollback {self.environment}{which}"

    @property
    def how_to_verify(self) -> str:
        """Return the hint for a version that serves but could not be verified."""
        name = self.environment
        return f"to verify and record it: hybridctl deploy {name}; to test only: hybridctl smoke {name}"


def must_serve(alias: Alias, expected: Collection[int]) -> None:
    """Raise AliasMoved if the alias serves any version that is not expected."""
    if {alias.version, *alias.weights} <= set(expected):
        return
    raise AliasMoved(f"{alias.name} serves version {alias.version} now: someone else moved it", hint="hybridctl status")


def is_same_traffic(one: Alias, other: Alias) -> bool:
    return (one.version, one.weights) == (other.version, other.weights)
