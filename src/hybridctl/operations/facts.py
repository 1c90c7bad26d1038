"""Read all facts of an environment in parallel; a fact that cannot be read hides no other."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from hybridctl.domain.checks.serving import expires_by
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
from hybridctl.operations.plan import InitPorts
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


class _Asked(Generic[T]):
    """One fact that is being read."""

    def __init__(self, asked: "Future[T]") -> None:
        self._asked = asked

    @property
    def fact(self) -> Read[T]:
        """Wait for the answer. A bug is raised, not reported as a fact."""
        try:
            return self._asked.result()
        except HybridctlError as error:
            return Unread(str(error), error.hint or "")


class _Reader:
    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def ask(self, read: Callable[[], T]) -> _Asked[T]:
        return _Asked(self._pool.submit(read))


def read_facts(backend: FactsPorts, clock: Clock, *, drift_seen_by: Progress | None = None) -> Facts:
    """Read the environment's current state, with drift if `drift_seen_by` is given, which shows its step."""
    place = backend.place
    settings, journal = backend.function_settings, backend.journal
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        reader = _Reader(pool)
        stored = reader.ask(lambda: _read_stored(backend))
        alias = reader.ask(backend.functions.live)
        claim = reader.ask(journal.claim)
        lock = reader.ask(lambda: find_lock(backend))
        history = reader.ask(lambda: _history(backend, clock))
        function = reader.ask(settings.function)
        unpublished = reader.ask(settings.read_unpublished)
        published = reader.ask(lambda: tuple(list_numbers(backend.functions)))
        policy = reader.ask(settings.policy)
        provisioned = reader.ask(backend.functions.read_provisioned)
        workers = reader.ask(lambda: _workers(backend))
        facts = Facts(place, stored.fact, alias.fact)
        laid_down = facts.resources
        tables = reader.ask(lambda: _tables(backend, laid_down, facts.outputs))
        groups = reader.ask(lambda: _log_groups(backend, laid_down, facts.outputs))
        api = _ask_api(backend, reader, facts.outputs)
        outputs = facts.outputs
        alarms = reader.ask(lambda: alarms_of(backend, outputs, clock, laid_down)) if outputs else None
        hour = reader.ask(lambda: _last_hour(backend, outputs, clock)) if outputs else None
        drift = reader.ask(lambda: find_drift(backend, drift_seen_by)) if drift_seen_by and facts.is_deployed else None
        read = history.fact
        facts = replace(
            facts,
            claim=claim.fact,
            lock=lock.fact,
            history=read if isinstance(read, Unread) else read[0],
            unreadable_records=() if isinstance(read, Unread) else read[1],
            function=function.fact,
            unpublished=unpublished.fact,
            published=published.fact,
            policy=policy.fact,
            provisioned=provisioned.fact,
            workers=workers.fact,
            tables=tables.fact,
            log_groups=groups.fact,
            api=api(),
            alarms=alarms.fact if alarms else None,
            last_hour=hour.fact if hour else None,
            drift=drift.fact if drift else None,
        )
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
    found = []
    for worker in backend.workers.list_declared():
        functions = backend.workers.functions(worker.name)
        numbers = list_numbers(functions)
        found.append(WorkerFact(worker.name, functions.live(), numbers[-1] if numbers else None))
    return tuple(found)


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


def _ask_api(backend: FactsPorts, reader: _Reader, outputs: Outputs | None) -> Callable[[], Read[HttpApi | None]]:
    named = outputs.values.get("api_id") if outputs else None
    if named is None:
        return lambda: None
    api = str(named)
    routes = reader.ask(lambda: backend.http_apis.routes(api))
    integrations = reader.ask(lambda: backend.http_apis.integrations(api))
    stages = reader.ask(lambda: backend.http_apis.stages(api))

    def gather() -> Read[HttpApi | None]:
        parts: tuple[Any, ...] = (routes.fact, integrations.fact, stages.fact)
        for part in parts:
            if part is None or isinstance(part, Unread):
                return part
        return HttpApi(tuple(parts[0]), tuple(parts[2]), parts[1])

    return gather


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
