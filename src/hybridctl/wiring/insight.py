"""The ports of logs, metrics and alarms."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from hybridctl.domain.logs.group import LogKind, log_group_of
from hybridctl.wiring.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Collection

    from hybridctl.ports.insight import AlarmSource, LiveTail, LogQueries, LogSource, MetricSource, VersionMetrics


class InsightPorts(Connection):
    """CloudWatch; the log is opened by its kind."""

    def log(self, kind: LogKind, *, worker: str = "") -> LogSource:
        from hybridctl.adapters.aws.logs import CloudWatchLogs

        group = self._names.worker_log_group(worker) if worker else self._log_group(kind)
        return CloudWatchLogs(lambda: self._session.impatient_client("logs"), group=group)

    def queries_of(self, kind: LogKind) -> LogQueries:
        from hybridctl.adapters.aws.log_queries import CloudWatchLogQueries

        return CloudWatchLogQueries(lambda: self._session.client("logs"), group=self._log_group(kind))

    def tail_of(self, kinds: Collection[LogKind]) -> LiveTail:
        from hybridctl.adapters.aws.live_tail import CloudWatchLiveTail

        return CloudWatchLiveTail(
            lambda: self._session.impatient_client("logs"),
            group=self._log_group(LogKind.FUNCTION),
            account=self.place.account,
            access=self._log_group(LogKind.ACCESS) if LogKind.ACCESS in kinds else None,
        )

    @cached_property
    def metrics(self) -> MetricSource:
        from hybridctl.adapters.aws.metrics import CloudWatchMetrics

        rest = timedelta() if self._location.endpoint else timedelta(minutes=1)
        return CloudWatchMetrics(lambda: self._session.client("cloudwatch"), rest=rest)

    @cached_property
    def version_metrics(self) -> VersionMetrics:
        return self._open_version_metrics(self._names.function)

    def _open_version_metrics(self, name: str) -> VersionMetrics:
        from hybridctl.adapters.aws.traffic_metrics import CloudWatchVersionMetrics

        return CloudWatchVersionMetrics(
            lambda: self._session.client("cloudwatch"), function=name, alias=self._settings.alias
        )

    @cached_property
    def alarms(self) -> AlarmSource:
        from hybridctl.adapters.aws.alarms import CloudWatchAlarms

        return CloudWatchAlarms(lambda: self._session.client("cloudwatch"))

    def _log_group(self, kind: LogKind) -> str:
        if kind is LogKind.ACCESS:
            return self._require_deployed("so its API has no log").optional("api_access_log_group", "access log")
        return log_group_of(self.state.outputs(), self._names)
