"""Is it healthy, and what is live: asked of AWS, all at once, a part that fails hiding none of the others."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Generic, TypeVar

from hybridctl.domain.logs.moments import Window
from hybridctl.domain.metrics.catalogue import subjects_of
from hybridctl.domain.metrics.last_hour import LastHour, last_hour, series_of
from hybridctl.domain.metrics.span import span_of
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Release
from hybridctl.domain.status import Health, Status, Trouble, verdict_of
from hybridctl.errors import HybridctlError
from hybridctl.operations.alarms import alarms_of
from hybridctl.operations.drift import find_drift
from hybridctl.operations.metrics import read_metrics
from hybridctl.ports import Backend, Clock, Progress

T = TypeVar("T")

Heard = Callable[[Status], None]
_AT_ONCE = 8


class _Part(Generic[T]):
    """One part, as it is being read."""

    def __init__(self, asked: "Future[T]") -> None:
        self._asked = asked

    @property
    def trouble(self) -> HybridctlError | None:
        """Why it could not be read; a bug is none, and is raised by `value`."""
        raised = self._asked.exception()
        return raised if isinstance(raised, HybridctlError) else None

    def value(self) -> T | None:
        """The answer, once it is there; None where there is none."""
        return None if self.trouble else self._asked.result()


class _Parts:
    """Parts that are read at the same time; what one raises is kept, in the order of asking."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._asked: list[_Part[Any]] = []

    def ask(self, read: Callable[[], T]) -> _Part[T]:
        """Begin to read."""
        part = _Part(self._pool.submit(read))
        self._asked.append(part)
        return part

    def troubles(self) -> tuple[Trouble, ...]:
        raised = [error for part in self._asked if (error := part.trouble) is not None]
        return tuple(dict.fromkeys(Trouble(str(error), error.hint) for error in raised))


def read_status(backend: Backend, clock: Clock, *, drift_seen_by: Progress | None = None) -> Status:
    """The environment as it is now; with somebody to see its steps, also what has drifted."""
    place = backend.place
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        parts = _Parts(pool)
        asked_outputs = parts.ask(backend.state.outputs)
        asked_alias = parts.ask(backend.functions.live)
        asked_claim = parts.ask(backend.journal.claim)
        asked_releases = parts.ask(lambda: backend.journal.releases(1))
        asked_provisioned = parts.ask(backend.functions.provisioned)
        alarms = hour = drift = None
        if (outputs := asked_outputs.value()) is not None:
            asked_alarms = parts.ask(lambda: alarms_of(backend, outputs, clock))
            asked_hour = parts.ask(lambda: _last_hour(backend, outputs, clock))
            if drift_seen_by is not None:
                drift = parts.ask(lambda: find_drift(backend, drift_seen_by)).value()
            alarms, hour = asked_alarms.value(), asked_hour.value()
        alias, claim = asked_alias.value(), asked_claim.value()
        is_alias_gone = outputs is not None and alias is None and asked_alias.trouble is None
        releases: tuple[Release, ...] = tuple(asked_releases.value() or ())
        provisioned = asked_provisioned.value()
        troubles = parts.troubles()
    # Alone, and last: beside clients that are being opened its time would be theirs.
    health = _health(backend, outputs) if outputs is not None else None
    return Status(
        place=place,
        verdict=verdict_of(
            is_deployed=outputs is not None or alias is not None,
            is_alias_gone=is_alias_gone,
            health=health,
            alarms=alarms,
            claim=claim,
            drift=drift,
            troubles=troubles,
        ),
        at=clock.now(),
        endpoint=outputs.endpoint if outputs else None,
        alias=alias,
        is_alias_gone=is_alias_gone,
        newest=outputs.newest_version if outputs else None,
        release=releases[-1] if releases else None,
        running=claim.release if claim else None,
        orphaned=claim is not None and claim.orphaned,
        health=health,
        alarms=alarms,
        last_hour=hour,
        provisioned=provisioned,
        drift=drift,
        troubles=troubles,
    )


def watch_status(backend: Backend, clock: Clock, *, seconds: float, heard: Heard) -> None:
    """Read again and again until interrupted; what cannot be read is part of each reading."""
    while True:
        heard(read_status(backend, clock))
        clock.sleep(seconds)


def _health(backend: Backend, outputs: Outputs) -> Health:
    call = backend.smoke_plan.deep_pulse
    try:
        answer = backend.probe.call(outputs.endpoint, call)
    except HybridctlError as error:
        return Health(ok=False, error=str(error))
    milliseconds = round(answer.seconds * 1000, 1)
    if answer.status == 200:
        return Health(ok=True, milliseconds=milliseconds)
    return Health(ok=False, milliseconds=milliseconds, error=f"GET {call.path} answered {answer.status}")


def _last_hour(backend: Backend, outputs: Outputs, clock: Clock) -> LastHour:
    now = clock.now()
    span = span_of(Window(now - timedelta(hours=1)), now, "60")
    series = series_of(subjects_of(outputs, backend.place.environment))
    return last_hour(read_metrics(backend, series, span).readings)
