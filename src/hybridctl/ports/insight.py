"""Logs, metrics and alarms."""

from __future__ import annotations  # what the signatures name is imported by type checkers only

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hybridctl.domain.alarm_history import AlarmChange
    from hybridctl.domain.alarms import Alarm, AlarmState
    from hybridctl.domain.logs.events import LogPage
    from hybridctl.domain.logs.group import LogKind
    from hybridctl.domain.logs.live_tail import LiveUpdate
    from hybridctl.domain.logs.moments import Window
    from hybridctl.domain.logs.query import QueryProgress
    from hybridctl.domain.metrics.series import Query
    from hybridctl.domain.metrics.span import Span
    from hybridctl.domain.samples import Totals


class LogSource(Protocol):
    """One log group; a page is requested by window and pattern, or by token."""

    @property
    def group(self) -> str: ...
    def page(
        self, window: Window, *, pattern: str | None = None, token: str | None = None, newest_first: bool = False
    ) -> LogPage: ...


class LogQueries(Protocol):
    """CloudWatch Logs Insights over one log group: start a query, poll it, or stop it."""

    @property
    def group(self) -> str: ...
    def start(self, text: str, window: Window, *, limit: int) -> str: ...
    def progress(self, query: str) -> QueryProgress: ...
    def stop(self, query: str) -> None: ...


class LiveTail(Protocol):
    """CloudWatch Live Tail: a session is billed from its first update to its end."""

    @property
    def group(self) -> str: ...
    def updates(self, pattern: str | None) -> Iterator[LiveUpdate]: ...


class VersionMetrics(Protocol):
    """AWS/Lambda metrics of one version behind the alias."""

    def totals(self, version: int, since: datetime, until: datetime) -> Totals: ...


class HasVersionMetrics(Protocol):
    @property
    def version_metrics(self) -> VersionMetrics: ...


class MetricSource(Protocol):
    """CloudWatch metrics: the points of many queries in one call, by the start of their period."""

    def read(self, queries: Sequence[Query], span: Span) -> Mapping[Query, Mapping[datetime, float]]: ...


class HasMetrics(Protocol):
    @property
    def metrics(self) -> MetricSource: ...


class AlarmSource(Protocol):
    """CloudWatch alarms by name; the history is newest first, of all alarms of the account unless one is named."""

    def alarms(self, names: Sequence[str]) -> Sequence[Alarm]: ...
    def history(self, since: datetime, *, name: str | None = None) -> Iterator[AlarmChange]: ...
    def set_state(self, name: str, state: AlarmState, reason: str) -> None: ...


class HasAlarms(Protocol):
    @property
    def alarms(self) -> AlarmSource: ...


class HasLogs(Protocol):
    def log(self, kind: LogKind, *, worker: str = "") -> LogSource: ...


class HasLogQueries(Protocol):
    def queries_of(self, kind: LogKind) -> LogQueries: ...


class HasLiveTail(Protocol):
    def tail_of(self, kinds: Collection[LogKind]) -> LiveTail: ...
