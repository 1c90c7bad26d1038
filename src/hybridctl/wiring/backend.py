"""The adapters of one environment."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from hybridctl.domain.environment import Place
from hybridctl.domain.logs.group import log_group_of
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.patience import Patience
from hybridctl.domain.smoke import SmokePlan
from hybridctl.domain.watch_rules import Rules
from hybridctl.errors import NotDeployed, WrongAccount
from hybridctl.ports import (
    AlarmSource,
    Artifacts,
    Caller,
    CiAccess,
    Clock,
    Functions,
    FunctionSettings,
    GitHub,
    HttpApis,
    HttpProbe,
    Journal,
    Leftovers,
    LiveTail,
    LogGroups,
    LogQueries,
    LogSource,
    MetricSource,
    Notifier,
    PlanFiles,
    Scaling,
    Sessions,
    State,
    StateBucket,
    Tables,
    Terraform,
    Topics,
    VersionMetrics,
)
from hybridctl.settings import Settings
from hybridctl.wiring.location import SANDBOX_KEY, Location
from hybridctl.wiring.machine import open_artifacts, open_checkout

if TYPE_CHECKING:
    from hybridctl.adapters.aws.session import AwsSession
    from hybridctl.adapters.http import HttpxProbe


_LONGEST_INVOCATION = 905  # seconds: Lambda ends a function after 900 at the latest


class RealBackend:
    """One environment, on AWS or on the sandbox: each port is made on first use, from one AWS session."""

    def __init__(
        self, settings: Settings, location: Location, clock: Clock, say: Callable[[str], None] = lambda _text: None
    ) -> None:
        self._settings = settings
        self._location = location
        self._environment = location.environment
        self._names = settings.names(location.environment.name)
        self._clock = clock
        self._say = say  # what concerns no result of the command, and must be known all the same

    @cached_property
    def place(self) -> Place:
        """Where this run lands; WrongAccount when it is not the account that the configuration names."""
        from hybridctl.adapters.aws.partition import partition_of

        partition = partition_of(self._environment.region)
        account = self._session.account()
        wanted = self._environment.account
        if wanted and account != wanted:
            raise WrongAccount(
                f"{self._environment.name} lives in account {wanted}, and these credentials are of {account}",
                hint=f'choose a profile of that account: --profile NAME, or profile = "NAME" in '
                f"[environments.{self._environment.name}]",
            )
        elsewhere = tuple(self._session.configured_endpoints(self._settings.environ))
        endpoint = self._location.endpoint
        if self._environment.protected and not wanted and endpoint is None:
            name = self._environment.name
            raise WrongAccount(
                f"{name} is protected, and hybridctl.toml does not say which account it lives in; "
                f"these credentials are of {account}",
                hint=f'if that is right: account = "{account}" in [environments.{name}]',
            )
        return Place(self._environment.name, account, self._environment.region, endpoint, elsewhere, partition)

    @cached_property
    def artifacts(self) -> Artifacts:
        return open_artifacts(self._settings)

    @cached_property
    def plan_files(self) -> PlanFiles:
        from hybridctl.adapters.plan_file import PlanArchive

        return PlanArchive()

    @cached_property
    def terraform(self) -> Terraform:
        import json

        from hybridctl.adapters.terraform.cli import TerraformCli
        from hybridctl.adapters.terraform.runs import Root

        settings = self._settings
        root = Root(
            environment=self._environment.name,
            folder=settings.terraform_environments / self._environment.name,
            data=settings.private / "terraform" / self._environment.name,
            backend=self._location.state_backend(self._bucket, self._names.state_key),
            environ=self._engine_environ(),
            wanted_engine=settings.engine,
            shell_variables=settings.shell_variables,
            project=settings.project,
            reattach=json.dumps(self._location.reattach) if self._location.reattach else None,
            lock_seconds=settings.patience.lock,
            lock=lambda: self.state.lock(),  # noqa: PLW0108  not before it is asked for
        )
        return TerraformCli(root)

    @cached_property
    def leftovers(self) -> Leftovers:
        from hybridctl.adapters.aws.leftovers import AwsLeftovers

        return AwsLeftovers(self._session.client, self.place)

    @cached_property
    def foundation(self) -> StateBucket:
        from hybridctl.adapters.aws import state_bucket

        return state_bucket.StateBucket(
            lambda: self._session.client("s3"),
            name=self._bucket,
            region=self._environment.region,
            account=self.place.account,
            partition=self.place.partition,
            sleep=self._clock.sleep,
        )

    @cached_property
    def ci_access(self) -> CiAccess:
        from hybridctl.adapters.aws.ci_access import IamCiAccess

        return IamCiAccess(lambda: self._session.client("iam"))

    @cached_property
    def github(self) -> GitHub:
        from hybridctl.adapters import github

        return github.GitHub(self._settings.environ)

    @cached_property
    def state(self) -> State:
        from hybridctl.adapters.aws.state import S3State

        return S3State(
            lambda: self._session.client("s3"),
            bucket=self._bucket,
            key=self._names.state_key,
            region=self._environment.region,
            account=self.place.account,
            environment=self._environment.name,
            partition=self.place.partition,
            sleep=self._clock.sleep,
            localise=self._location.localise,
        )

    @cached_property
    def functions(self) -> Functions:
        from hybridctl.adapters.aws.functions import LambdaFunctions

        return LambdaFunctions(
            lambda: self._session.client("lambda"),
            self._http.download,
            name=self._names.function,
            alias=self._settings.alias,
            open_patient=lambda: self._session.impatient_client("lambda", read_seconds=_LONGEST_INVOCATION),
        )

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
    def logs(self) -> LogSource:
        from hybridctl.adapters.aws.logs import CloudWatchLogs

        group = log_group_of(self.state.outputs(), self._names)
        return CloudWatchLogs(lambda: self._session.impatient_client("logs"), group=group)

    @cached_property
    def access_logs(self) -> LogSource:
        from hybridctl.adapters.aws.logs import CloudWatchLogs

        return CloudWatchLogs(lambda: self._session.impatient_client("logs"), group=self._access_log_group)

    @cached_property
    def log_queries(self) -> LogQueries:
        from hybridctl.adapters.aws.log_queries import CloudWatchLogQueries

        group = log_group_of(self.state.outputs(), self._names)
        return CloudWatchLogQueries(lambda: self._session.client("logs"), group=group)

    @cached_property
    def access_log_queries(self) -> LogQueries:
        from hybridctl.adapters.aws.log_queries import CloudWatchLogQueries

        return CloudWatchLogQueries(lambda: self._session.client("logs"), group=self._access_log_group)

    @cached_property
    def live_tail(self) -> LiveTail:
        return self._live_tail()

    @cached_property
    def live_tail_of_both(self) -> LiveTail:
        return self._live_tail(access=self._access_log_group)

    @cached_property
    def version_metrics(self) -> VersionMetrics:
        from hybridctl.adapters.aws.traffic_metrics import CloudWatchVersionMetrics

        return CloudWatchVersionMetrics(
            lambda: self._session.client("cloudwatch"), function=self._names.function, alias=self._settings.alias
        )

    @cached_property
    def sessions(self) -> Sessions:
        from hybridctl.adapters.aws.sessions import DynamoSessions

        return DynamoSessions(
            lambda: self._session.client("dynamodb"),
            lambda: self._session.client("lambda"),
            table=self._deployed("so it has no sessions").optional("dynamodb_sessions_table", "sessions"),
            function=self._names.function,
            alias=self._settings.alias,
        )

    @cached_property
    def metrics(self) -> MetricSource:
        from hybridctl.adapters.aws.metrics import CloudWatchMetrics

        rest = timedelta() if self._location.endpoint else timedelta(minutes=1)
        return CloudWatchMetrics(lambda: self._session.client("cloudwatch"), rest=rest)

    @cached_property
    def alarms(self) -> AlarmSource:
        from hybridctl.adapters.aws.alarms import CloudWatchAlarms

        return CloudWatchAlarms(lambda: self._session.client("cloudwatch"))

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
    def smoke_plan(self) -> SmokePlan:
        return self._settings.smoke

    @property
    def patience(self) -> Patience:
        return self._settings.patience

    @property
    def watch_rules(self) -> Rules:
        return self._settings.watch

    @property
    def probe(self) -> HttpProbe:
        return self._http

    @cached_property
    def _http(self) -> "HttpxProbe":
        from hybridctl.adapters.http import HttpxProbe

        return HttpxProbe(self._settings.environ, stays_here=self._location.endpoint is not None)

    @cached_property
    def _session(self) -> "AwsSession":
        from hybridctl.adapters.aws.session import AwsSession

        return AwsSession(
            self._environment.region,
            profile=self._settings.profile_of(self._environment),
            endpoint=self._location.endpoint,
            key=self._location.key,
        )

    def _engine_environ(self) -> Mapping[str, str]:
        """What Terraform finds in its environment: on AWS our own credentials, whatever they came from."""
        from hybridctl.adapters.aws.credentials import CHAIN

        environ = self._location.child_environ(self._settings.environ)
        given = self._session.engine_environment()
        return {name: value for name, value in environ.items() if name not in CHAIN} | given if given else environ

    @property
    def _bucket(self) -> str:
        return self._names.state_bucket(self.place.account, self._environment.region)

    def _deployed(self, otherwise: str) -> Outputs:
        outputs = self.state.outputs()
        if outputs is None:
            name = self._environment.name
            raise NotDeployed(f"{name} is not deployed, {otherwise}", hint=f"hybridctl deploy {name}")
        return outputs

    def _live_tail(self, *, access: str | None = None) -> LiveTail:
        from hybridctl.adapters.aws.live_tail import CloudWatchLiveTail

        group = log_group_of(self.state.outputs(), self._names)
        return CloudWatchLiveTail(
            lambda: self._session.impatient_client("logs"), group=group, account=self.place.account, access=access
        )

    @property
    def _access_log_group(self) -> str:
        return self._deployed("so its API has no log").optional("api_access_log_group", "access log")
