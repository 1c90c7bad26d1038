"""The ports of a release, and of the deployed resources."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hybridctl.wiring.connection import Connection
from hybridctl.wiring.insight import InsightPorts
from hybridctl.wiring.location import SANDBOX_KEY
from hybridctl.wiring.machine import open_checkout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hybridctl.domain.environment import Names
    from hybridctl.domain.release_rules import ReleaseRules
    from hybridctl.domain.worker import Worker
    from hybridctl.ports.insight import VersionMetrics
    from hybridctl.ports.release import Functions, HttpProbe, Journal, Notifier, Workers
    from hybridctl.ports.resources import Caller, FunctionSettings, HttpApis, LogGroups, Scaling, Tables, Topics
    from hybridctl.ports.sessions import Sessions

_LONGEST_INVOCATION = 905  # seconds: Lambda ends a function after 900 at the latest


@dataclass(frozen=True, slots=True)
class DeclaredWorkers:
    """The workers of hybridctl.toml; the openers are called with the full name of a worker's function."""

    workers: Sequence[Worker]
    names: Names
    open_functions: Callable[[str], Functions]
    open_metrics: Callable[[str], VersionMetrics]

    def list_declared(self) -> Sequence[Worker]:
        return self.workers

    def full_name(self, worker: str) -> str:
        return self.names.worker(worker)

    def functions(self, worker: str) -> Functions:
        return self.open_functions(self.full_name(worker))

    def version_metrics(self, worker: str) -> VersionMetrics:
        return self.open_metrics(self.full_name(worker))


class ReleasePorts(InsightPorts):
    @cached_property
    def functions(self) -> Functions:
        return self._open_functions(self._names.function)

    @cached_property
    def workers(self) -> Workers:
        return DeclaredWorkers(self._settings.workers, self._names, self._open_functions, self._open_version_metrics)

    def _open_functions(self, name: str) -> Functions:
        from hybridctl.adapters.aws.functions import LambdaFunctions

        return LambdaFunctions(
            lambda: self._session.client("lambda"),
            lambda url: self._http.download(url),  # noqa: PLW0108  (it would open the HTTP client here)
            name=name,
            alias=self._settings.alias,
            open_patient=lambda: self._session.impatient_client("lambda", read_seconds=_LONGEST_INVOCATION),
        )

    @cached_property
    def journal(self) -> Journal:
        from hybridctl.adapters.aws.journal import S3Journal

        return S3Journal(
            lambda: self._session.client("s3"),
            bucket=self._bucket,
            prefix=self._names.releases_prefix,
            host=open_checkout(self._settings).host(),
            clock=self._clock,
            heard=lambda record: self._say(str(record)),
        )

    @cached_property
    def notifier(self) -> Notifier:
        from hybridctl.adapters.notifier import ReleaseNotifier

        settings = self._settings
        return ReleaseNotifier(
            settings.notify,
            settings.project,
            settings.root,
            settings.environ,
            self._http.post,
            self._say,
        )

    @property
    def probe(self) -> HttpProbe:
        return self._http

    @property
    def rules(self) -> ReleaseRules:
        from hybridctl.domain.release_rules import ReleaseRules

        settings = self._settings
        return ReleaseRules(settings.smoke, settings.patience, settings.watch)


class ResourcePorts(Connection):
    @cached_property
    def caller(self) -> Caller:
        from hybridctl.adapters.aws.caller import AwsCaller

        return AwsCaller(
            lambda: self._session.impatient_client("sts", connect_seconds=1),
            lambda: self._session.client("iam"),
            self._credentials_source,
        )

    def _credentials_source(self) -> str:
        is_named = self._location.endpoint and self._settings.environ.get(SANDBOX_KEY)
        return SANDBOX_KEY if is_named else self._session.source()

    @cached_property
    def function_settings(self) -> FunctionSettings:
        from hybridctl.adapters.aws.function_settings import LambdaSettings

        return LambdaSettings(
            lambda: self._session.client("lambda"), name=self._names.function, alias=self._settings.alias
        )

    @cached_property
    def tables(self) -> Tables:
        from hybridctl.adapters.aws.tables import DynamoTables

        return DynamoTables(lambda: self._session.client("dynamodb"))

    @cached_property
    def http_apis(self) -> HttpApis:
        from hybridctl.adapters.aws.http_apis import GatewayApis

        return GatewayApis(lambda: self._session.client("apigatewayv2"))

    @cached_property
    def log_groups(self) -> LogGroups:
        from hybridctl.adapters.aws.log_groups import CloudWatchLogGroups

        return CloudWatchLogGroups(lambda: self._session.client("logs"))

    @cached_property
    def topics(self) -> Topics:
        from hybridctl.adapters.aws.topics import SnsTopics

        return SnsTopics(lambda: self._session.client("sns"))

    @cached_property
    def scaling(self) -> Scaling:
        from hybridctl.adapters.aws.scaling import TableScaling

        return TableScaling(
            lambda: self._session.client("application-autoscaling"), lambda: self._session.client("dynamodb")
        )

    @cached_property
    def sessions(self) -> Sessions:
        from hybridctl.adapters.aws.sessions import DynamoSessions

        return DynamoSessions(
            lambda: self._session.client("dynamodb"),
            lambda: self._session.client("lambda"),
            table=self._require_deployed("so it has no sessions").optional("dynamodb_sessions_table", "sessions"),
            function=self._names.function,
            alias=self._settings.alias,
        )
