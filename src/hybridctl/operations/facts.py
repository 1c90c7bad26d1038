"""Read all facts of an environment in parallel; a fact that cannot be read hides no other."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from hybridctl.domain.checks.resources import expires_by
from hybridctl.domain.facts import Facts, LogGroup, Read, Stored, Unread, WorkerFact
from hybridctl.domain.http_api import HttpApi
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.metrics.catalogue import subjects_of
from hybridctl.domain.metrics.last_hour import LastHour, last_hour, series_of
from hybridctl.domain.metrics.span import span_of
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Kind, Outcome, Release
from hybridctl.domain.status import Health
from hybridctl.domain.table import TableSettings
from hybridctl.domain.tfstate import Resources
from hybridctl.errors import HybridctlError
from hybridctl.operations.alarms import AlarmPorts, alarms_of
from hybridctl.operations.drift import find_drift
from hybridctl.operations.endpoint import PublicPorts, endpoint_of
from hybridctl.operations.metrics import MetricPorts, read_metrics
from hybridctl.operations.terraform import InitPorts
from hybridctl.operations.tfstate import find_lock
from hybridctl.operations.versions import list_numbers
from hybridctl.ports.release import HasRules, HasWorkers
from hybridctl.ports.resources import HasFunctionSettings, HasLogGroups, HasTables
from hybridctl.ports.run import Clock, Progress

T = TypeVar("T")
_AT_ONCE = 16


class FactsPorts(
    AlarmPorts,
    InitPorts,
    MetricPorts,
    PublicPorts,
    HasFunctionSettings,
    HasLogGroups,
    HasRules,
    HasTables,
    Protocol,
):
    """The ports that status uses."""


def _read(read: Callable[[], T]) -> Read[T]:
    """The fact, or why it could not be read; a bug is no fact, and is raised."""
    try:
        return read()
    except HybridctlError as error:
        return Unread(str(error), error.hint or "")


def read_facts(backend: FactsPorts, clock: Clock, *, drift_seen_by: Progress | None = None) -> Facts:
    """Read the environment's current state, with drift if `drift_seen_by` is given, which shows its step."""
    place = backend.place
    settings, journal = backend.function_settings, backend.journal
    with ThreadPoolExecutor(_AT_ONCE) as pool:

        def begin(reads: Mapping[str, Callable[[], Any]]) -> "dict[str, Future[Any]]":
            return {name: pool.submit(_read, read) for name, read in reads.items()}

        first = begin(
            {
                "stored": lambda: _read_stored(backend),
                "alias": backend.functions.live,
                "claim": journal.claim,
                "lock": lambda: find_lock(backend),
                "history": lambda: _history(backend, clock),
                "function": settings.function,
                "unpublished": settings.read_unpublished,
                "published": lambda: tuple(list_numbers(backend.functions)),
                "policy": settings.policy,
                "provisioned": backend.functions.read_provisioned,
                "workers": lambda: _workers(backend),
            }
        )
        facts = Facts(place, first.pop("stored").result(), first.pop("alias").result())
        laid_down, outputs = facts.resources, facts.outputs
        later: dict[str, Callable[[], Any]] = {
            "tables": lambda: _tables(backend, laid_down, outputs),
            "log_groups": lambda: _log_groups(backend, laid_down, outputs),
        }
        if outputs:
            later["api"] = lambda: _read_api(backend, pool, outputs)
            later["alarms"] = lambda: alarms_of(backend, outputs, clock, laid_down)
            later["last_hour"] = lambda: _last_hour(backend, outputs, clock)
        if drift_seen_by and facts.is_deployed:
            later["drift"] = lambda: find_drift(backend, drift_seen_by)
        found = {name: one.result() for name, one in (first | begin(later)).items()}
    if not isinstance(found["history"], Unread):
        found["history"], found["unreadable_records"] = found["history"]
    facts = replace(facts, **found)
    # Alone and last: in parallel with the opening of clients, its time would include theirs.
    return replace(facts, health=_health(backend, facts.outputs, clock)) if facts.outputs else facts


def _read_stored(backend: FactsPorts) -> Stored:
    return Stored(backend.state.outputs(), backend.state.read_resources(), backend.terraform.find_errored_state())


def _history(backend: FactsPorts, clock: Clock) -> tuple[tuple[Release, ...], tuple[str, ...]]:
    """Return the newest records, back to the last one that made a version live or destroyed it, and later unreadable
    ones.

    An unreadable record matters only while it is the newest: the next release writes a record after it.
    """
    taken: list[Release] = []
    for release in reversed(backend.journal.releases()):
        taken.append(release)
        if release.outcome is Outcome.LIVE and (release.version_after is not None or release.kind is Kind.DESTROY):
            break
    last, now = taken[0].id if taken else "", f"{clock.now():%Y%m%dT%H%M%S}~"
    later = tuple(str(one) for one in backend.journal.unreadable if last < one.id <= now)
    return tuple(reversed(taken)), later


def _workers(backend: HasWorkers) -> tuple[WorkerFact, ...]:
    reads = []
    for worker in backend.workers.list_declared():
        functions = backend.workers.functions(worker.name)
        numbers = list_numbers(functions)
        reads.append(WorkerFact(worker.name, functions.live(), numbers[-1] if numbers else None))
    return tuple(reads)


def _tables(backend: FactsPorts, laid_down: Resources, outputs: Outputs | None) -> Mapping[str, TableSettings | None]:
    expires = {
        str(one.attributes.get("name")): expires_by(one.attributes) for one in laid_down.of("aws_dynamodb_table")
    }
    names = expires or dict.fromkeys(outputs.tables if outputs else ())
    return {name: backend.tables.settings(name, expires=expires.get(name) is not None) for name in names}


def _log_groups(backend: FactsPorts, laid_down: Resources, outputs: Outputs | None) -> Mapping[str, LogGroup | None]:
    names = [str(one.attributes.get("name")) for one in laid_down.of("aws_cloudwatch_log_group")]
    named = outputs.values.get("lambda_log_group") if outputs else None
    names += [str(named)] if named and named not in names else []
    return {name: backend.log_groups.group(name) for name in names}


def _read_api(backend: FactsPorts, pool: Executor, outputs: Outputs) -> HttpApi | None:
    """The API's parts, read in parallel; None where there is no API, or it is gone."""
    if "api_id" not in outputs.values:
        return None
    apis, api = backend.http_apis, str(outputs.values["api_id"])
    reading = pool.submit(apis.routes, api), pool.submit(apis.integrations, api), pool.submit(apis.is_disabled, api)
    stages, routes = apis.stages(api), reading[0].result()
    integrations, is_disabled = reading[1].result(), reading[2].result()
    if routes is None or integrations is None or is_disabled is None or stages is None:
        return None
    return HttpApi(tuple(routes), tuple(stages), integrations, is_disabled)


def _health(backend: FactsPorts, outputs: Outputs, clock: Clock) -> Read[Health]:
    """Return the answer of the deep health check; without an endpoint the health is unknown."""
    call = backend.rules.smoke.deep_pulse
    try:
        _ = outputs.endpoint
    except HybridctlError as error:
        return Unread(f"health was not checked: {error}")
    try:
        answer = endpoint_of(backend, outputs, clock).ask(call)
    except HybridctlError as error:
        return Health(ok=False, error=str(error))
    milliseconds = round(answer.seconds * 1000, 1)
    if answer.status == 200:
        return Health(ok=True, milliseconds=milliseconds)
    return Health(ok=False, milliseconds=milliseconds, error=f"{call} answered {answer.status}")


def _last_hour(backend: FactsPorts, outputs: Outputs, clock: Clock) -> LastHour:
    now = clock.now()
    span = span_of(Window(now - timedelta(hours=1)), now, "60")
    series = series_of(subjects_of(outputs, backend.place.environment))
    return last_hour(read_metrics(backend, series, span, now).readings)
