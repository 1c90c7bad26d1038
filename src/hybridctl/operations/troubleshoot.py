"""Find the cause of a problem in live data: cold starts, throttling, sessions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from hybridctl.domain.cost.prices import PriceList
from hybridctl.domain.function import Function
from hybridctl.domain.logs.events import Line, LineKind, understand
from hybridctl.domain.logs.group import LogKind
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.metrics.catalogue import DYNAMODB, LAMBDA, Subjects, subjects_of, table_dimensions
from hybridctl.domain.metrics.series import Query
from hybridctl.domain.metrics.span import span_of
from hybridctl.domain.outputs import require_outputs
from hybridctl.domain.troubles.answer import TroubleAnswer, answer_gone
from hybridctl.domain.troubles.cold_starts import Starts, count_starts, judge_cold_starts
from hybridctl.domain.troubles.sessions import Seen, judge_sessions
from hybridctl.domain.troubles.throttling import Pressure, Use, judge_throttling
from hybridctl.errors import AwsRefused, NotDeployed
from hybridctl.ports.insight import HasLogs, HasMetrics, LogSource
from hybridctl.ports.release import HasFunctions, HasPlace
from hybridctl.ports.resources import HasCaller, HasFunctionSettings, HasTables
from hybridctl.ports.run import Clock
from hybridctl.ports.sessions import HasSessions
from hybridctl.ports.terraform import HasState

_REPORTS = '?"REPORT RequestId" ?"platform.report" ?cold_start'  # Lambda's lines, and the handler's own
_MOST_PAGES = 40
_MOST_REPORTS = 20_000
_SAMPLE = 500
_PERIOD = "1m"
NOTHING = "there is nothing to diagnose"


class TroublePorts(
    HasCaller,
    HasFunctionSettings,
    HasFunctions,
    HasLogs,
    HasMetrics,
    HasPlace,
    HasSessions,
    HasState,
    HasTables,
    Protocol,
):
    """The ports that a diagnosis uses."""


def cold_starts(backend: TroublePorts, clock: Clock, since: timedelta, prices: PriceList) -> TroubleAnswer:
    """Diagnose cold starts, and what would avoid them."""
    subjects = _require_deployed(backend)
    function = backend.function_settings.function()
    alias = backend.functions.live()
    name = backend.place.environment
    if function is None or alias is None:
        return answer_gone(
            "cold-starts", name, "function", "the function, or the alias that serves traffic, no longer exists"
        )
    now = clock.now()
    window, log = Window(now - since, now), backend.log(LogKind.FUNCTION)
    try:
        starts = _starts(log, window, since)
    except NotDeployed:
        why = "cold starts are counted in its lines, which begin again with the deploy that recreates it"
        return answer_gone("cold-starts", name, "log", f"the log group {log.group} no longer exists", why)
    throttled, at_once = _function_numbers(backend, subjects, window, now)
    starts = replace(starts, throttled=sum(throttled.values()), at_once=at_once)
    warm = backend.functions.read_provisioned()
    sizes = {name: len(content) for name, content in backend.functions.package(alias.version).items()}
    kept = warm.wanted if warm else 0
    room = _room(backend, function)
    return judge_cold_starts(name, starts, function, kept, sizes, prices, room)


def throttling(
    backend: TroublePorts, clock: Clock, since: timedelta, values: Mapping[str, Any], prices: PriceList
) -> TroubleAnswer:
    """Find the table or index that throttles requests, and why."""
    subjects = _require_deployed(backend)
    now = clock.now()
    window = Window(now - since, now)
    held = {name: backend.tables.table(name) for name in subjects.tables.values()}
    if absent := [name for name, table in held.items() if table is None]:
        return _table_gone(backend, "throttling", *absent)
    tables = [table for table in held.values() if table is not None]
    wanted: dict[tuple[str, str, float], tuple[Query, Query]] = {}
    for table in tables:
        for part in table.parts:
            where = table_dimensions(table.name, part.index)
            name = f"{table.name} {part.index}" if part.index else table.name
            for kind, bought in (("read", part.read), ("write", part.write)):
                title = kind.title()
                wanted[(name, kind, bought if table.is_provisioned else 0)] = (
                    Query(DYNAMODB, f"{title}ThrottleEvents", where),
                    Query(DYNAMODB, f"Consumed{title}CapacityUnits", where),
                )
    points = backend.metrics.read([query for pair in wanted.values() for query in pair], span_of(window, now, _PERIOD))
    uses = tuple(
        Use(name, kind, sum(points[refused].values()), tuple(points[used].values()), bought)
        for (name, kind, bought), (refused, used) in wanted.items()
    )
    throttled, _ = _function_numbers(backend, subjects, window, now)
    turned_away = sum(throttled.values())
    function = backend.function_settings.function()
    pressure = Pressure(
        hours=since.total_seconds() / 3600,
        provisioned=any(table.is_provisioned for table in tables),
        uses=uses,
        turned_away=turned_away,
        turned_away_at=max((at for at, count in throttled.items() if count), default=None),
        reserved=function.reserved if function else None,
        room=_room(backend, function) if turned_away else None,
        most={kind: int(values.get(f"dynamodb_max_{kind}_capacity", 0)) for kind in ("read", "write")},
    )
    return judge_throttling(backend.place.environment, pressure, prices)


def sessions(backend: TroublePorts, clock: Clock, session_id: str | None) -> TroubleAnswer:
    """Find why sessions end early, from a sample of the table; `session_id` looks up one item as well."""
    _require_deployed(backend)
    table = backend.tables.table(backend.sessions.table)
    if table is None:
        return _table_gone(backend, "sessions", backend.sessions.table)
    sample = backend.sessions.scan(_SAMPLE)
    local, at = clock.now(), backend.caller.identity().at
    index = next((part for part in table.parts if part.index), None)
    seen = Seen(
        table=backend.sessions.table,
        ttl=backend.sessions.time_to_live(),
        sessions=sample.sessions,
        read=sample.read,
        now=(at or local).timestamp(),
        ahead=local - at if at else None,
        projection=index.projection if index else None,
        one=_item(backend, session_id) if session_id else "",
    )
    return judge_sessions(backend.place.environment, seen)


def _item(backend: TroublePorts, session_id: str) -> str:
    reading = backend.sessions.read(session_id)
    if reading.session is not None:
        return "found (strongly consistent read)"
    return (
        "not a session: user_id or expires_at is missing"
        if reading.is_there
        else "not found: ended, deleted, or never created"
    )


def _starts(log: LogSource, window: Window, since: timedelta) -> Starts:
    """Return the newest requests of the window, from Lambda's reports and the handler's own lines."""
    reports: dict[str, Line] = {}
    cold_starts: dict[str, bool] = {}
    token: str | None = None
    for _ in range(_MOST_PAGES):
        page = log.page(window, pattern=_REPORTS, token=token, newest_first=True)
        for event in page.events:
            line = understand(event)
            if line.request_id is None:
                continue
            if line.kind is LineKind.REPORT:
                reports[line.request_id] = line
            elif isinstance(cold := line.fields.get("cold_start"), bool):
                cold_starts[line.request_id] = cold_starts.get(line.request_id, False) or cold
        token = page.token
        if token is None or len(reports) >= _MOST_REPORTS:
            break
    return count_starts(list(reports.values()), cold_starts, hours=since.total_seconds() / 3600)


def _room(backend: TroublePorts, function: Function | None) -> int | None:
    """Return how many concurrent executions the account allows the function; None without permission to ask."""
    try:
        return backend.function_settings.limits().room_for(function)
    except AwsRefused:
        return None


def _function_numbers(
    backend: TroublePorts, subjects: Subjects, window: Window, now: datetime
) -> tuple[Mapping[datetime, float], float]:
    """Return how many requests were throttled in each minute, and the maximum that ran at the same time."""
    whole = (("FunctionName", subjects.function),)
    throttles = Query(LAMBDA, "Throttles", subjects.live)
    running = Query(LAMBDA, "ConcurrentExecutions", whole, "Maximum")
    points = backend.metrics.read([throttles, running], span_of(window, now, _PERIOD))
    return points[throttles], max(points[running].values(), default=0.0)


def _require_deployed(backend: TroublePorts) -> Subjects:
    name = backend.place.environment
    return subjects_of(require_outputs(name, backend.state.outputs(), NOTHING), name)


def _table_gone(backend: TroublePorts, trouble: str, *names: str) -> TroubleAnswer:
    summary = (
        f"the table {names[0]} no longer exists"
        if len(names) == 1
        else f"the tables {', '.join(names)} no longer exist"
    )
    why = "a deploy recreates it empty; only a backup restores its items"
    return answer_gone(trouble, backend.place.environment, "table", summary, why)
