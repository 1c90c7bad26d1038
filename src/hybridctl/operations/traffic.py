"""Ports and facts for moving an environment's traffic, and how alias and function are read."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from hybridctl.domain.api_event import Gateway
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.patience import Patience
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias
from hybridctl.domain.smoke import SmokePlan, SmokeReport
from hybridctl.domain.worker import Worker
from hybridctl.errors import AliasMoved, AwsRefused, NotDeployed, Unanswered
from hybridctl.operations.smoke import Expected, PublicPorts, read_gateway, smoke_public, smoke_version
from hybridctl.operations.warming import find_kept
from hybridctl.ports.release import Functions, HasPlace, HasRules, HttpProbe
from hybridctl.ports.resources import HttpApis
from hybridctl.ports.run import Clock, Progress, StepNotes

LOOK_SECONDS = 2.0  # between two looks at what takes seconds to change
SOON_SECONDS = 0.5  # between two looks at what may have changed already

T = TypeVar("T")


class TrafficPorts(PublicPorts, HasPlace, HasRules, Protocol):
    """The ports that moving traffic uses."""


@dataclass
class Traffic:
    """The ports and facts for moving traffic; `user` is the smoke suite's user id.

    `worker` is the name of the worker that owns the alias; "" for the API's function.
    """

    environment: str
    functions: Functions
    probe: HttpProbe
    outputs: Outputs
    clock: Clock
    progress: Progress
    user: str
    plan: SmokePlan
    http_apis: HttpApis
    patience: Patience
    worker: str = ""
    _gateway: Gateway | None = field(default=None, init=False)

    @classmethod
    def of(cls, backend: TrafficPorts, outputs: Outputs, clock: Clock, progress: Progress, user: str) -> "Traffic":
        return cls(
            backend.place.environment,
            backend.functions,
            backend.probe,
            outputs,
            clock,
            progress,
            user,
            backend.rules.smoke,
            backend.http_apis,
            backend.rules.patience,
        )

    @property
    def gateway(self) -> Gateway:
        """Return what the API adds to a request; it is read once."""
        if self._gateway is None:
            self._gateway = read_gateway(self.http_apis, self.outputs, self.clock)
        return self._gateway

    def live(self) -> Alias:
        alias = self.functions.live()
        if alias is None:
            raise NotDeployed(
                f"{self.worker or self.outputs.function} has no alias that could be moved", hint="hybridctl deploy"
            )
        return alias

    def find_allocation(self, alias: Alias) -> Provisioned | None:
        """Return what Lambda is allocating while it keeps the traffic on the previous version; None if it is not."""
        found = find_kept(self.functions) if alias.held_at is not None else None
        return found if alias.is_allocating(found) else None

    def serving(self) -> Alias:
        """Return the alias as it serves now, without a move that Lambda has not finished."""
        alias = self.live()
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

    def ask_directly(self, version: int, build: str | None) -> SmokeReport:
        return smoke_version(self.functions, version, gateway=self.gateway, user=self.user, build=build, plan=self.plan)

    def ask_publicly(self, expected: Expected, step: StepNotes) -> SmokeReport:
        return smoke_public(
            self.functions,
            self.probe,
            self.outputs,
            user=self.user,
            expected=expected,
            plan=self.plan,
            clock=self.clock,
            seconds=self.patience.silence,
            read_gateway=lambda: self.gateway,
            say=step.now,
        )

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
