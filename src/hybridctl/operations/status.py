"""Is it healthy, and what is live: asked of AWS, all at once, a part that fails hiding none of the others."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TypeVar

from hybridctl.domain.environment import Place
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Alias, Release
from hybridctl.domain.smoke import Call
from hybridctl.errors import HybridctlError
from hybridctl.ports import Backend

T = TypeVar("T")


@unique
class Verdict(StrEnum):
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    RELEASING = "releasing"
    NOT_DEPLOYED = "not deployed"


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of `GET /health`; `error` says why there was none."""

    ok: bool
    milliseconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """One screen; `troubles` names the parts that could not be read, and why."""

    place: Place
    verdict: Verdict
    endpoint: str | None = None
    alias: Alias | None = None
    newest: int | None = None
    release: Release | None = None
    running: Release | None = None
    health: Health | None = None
    troubles: tuple[str, ...] = ()


def read_status(backend: Backend) -> Status:
    """The environment as it is now."""
    troubles: list[str] = []

    def part(ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except HybridctlError as error:
            troubles.append(str(error))
            return None

    place = backend.place
    with ThreadPoolExecutor(4) as pool:
        asked_outputs = pool.submit(part, backend.state.outputs)
        asked_alias = pool.submit(part, backend.functions.live)
        asked_releases = pool.submit(part, lambda: backend.journal.releases(1))
        asked_running = pool.submit(part, backend.journal.running)
        outputs = asked_outputs.result()
        health = _health(backend, outputs) if outputs else None
        alias, releases, running = asked_alias.result(), asked_releases.result(), asked_running.result()
    if outputs is None and alias is None and not troubles:
        return Status(place, Verdict.NOT_DEPLOYED, running=running)
    well = health is not None and health.ok and alias is not None and not troubles
    return Status(
        place=place,
        verdict=Verdict.RELEASING if running else Verdict.HEALTHY if well else Verdict.UNHEALTHY,
        endpoint=outputs.endpoint if outputs else None,
        alias=alias,
        newest=outputs.newest_version if outputs else None,
        release=releases[-1] if releases else None,
        running=running,
        health=health,
        troubles=tuple(troubles),
    )


def _health(backend: Backend, outputs: Outputs) -> Health:
    try:
        answer = backend.probe.call(outputs.endpoint, Call("GET", "/health"))
    except HybridctlError as error:
        return Health(ok=False, error=str(error))
    milliseconds = round(answer.seconds * 1000, 1)
    if answer.status == 200:
        return Health(ok=True, milliseconds=milliseconds)
    return Health(ok=False, milliseconds=milliseconds, error=f"GET /health answered {answer.status}")
