"""Builds the real AppContext; alone names adapters, and imports each only when it is asked for."""

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from hybridctl.adapters.clock import SystemClock
from hybridctl.adapters.event_file import EventFile
from hybridctl.context import AppContext, Opening
from hybridctl.domain.environment import Environment, Place
from hybridctl.domain.logs.group import log_group_of
from hybridctl.domain.smoke import SmokePlan
from hybridctl.errors import NotDeployed, WrongAccount
from hybridctl.ports import (
    AlarmSource,
    Artifacts,
    Caller,
    Checkout,
    CiAccess,
    Clock,
    Functions,
    FunctionSettings,
    HttpProbe,
    Journal,
    LiveTail,
    LogQueries,
    LogSource,
    MetricSource,
    PlanFiles,
    Prerequisites,
    Prices,
    Sandbox,
    Scaling,
    Sessions,
    State,
    StateBucket,
    Tables,
    Terraform,
    VersionMetrics,
)
from hybridctl.settings import Settings, load_settings
from hybridctl.views.screen import Screen

if TYPE_CHECKING:
    from hybridctl.adapters.aws.session import AwsSession
    from hybridctl.adapters.http import HttpxProbe

_UNSEEN_WIDTH = 200  # columns of a pipe or a CI log


def real_context() -> AppContext:
    """The context of a real run: this process's streams, environment and working directory."""
    clock = SystemClock()
    environ = dict(os.environ)
    screen = Screen(_console(sys.stdout, environ), _console(sys.stderr, environ), clock, answers=_someone_answers)
    return AppContext(
        screen=screen,
        clock=clock,
        load_settings=lambda: load_settings(Path.cwd(), environ),
        open_backend=lambda settings, environment, opening: RealBackend(settings, environment, clock, screen, opening),
        open_sandbox=open_sandbox,
        open_checkout=open_checkout,
        open_artifacts=open_artifacts,
        open_prerequisites=open_prerequisites,
        open_prices=open_prices,
        open_events=lambda path: EventFile(path, clock),
    )


def open_sandbox(settings: Settings) -> Sandbox:
    from hybridctl.adapters.sandbox import LocalSandbox

    region = next((one.region for one in settings.environments.values() if one.sandbox), settings.region)
    return LocalSandbox(settings.private / "sandbox", environment=settings.environ, region=region)


def open_artifacts(settings: Settings) -> Artifacts:
    from hybridctl.adapters.packaging.artifacts import LambdaPackage

    return LambdaPackage(
        source=settings.source,
        package=settings.package,
        runtime=settings.runtime,
        architecture=settings.architecture,
        work=settings.private / "build",
        environ=settings.environ,
        handler=settings.handler,
    )


def open_checkout(settings: Settings) -> Checkout:
    from hybridctl.adapters.checkout import GitCheckout

    return GitCheckout(settings.root, settings.private, settings.terraform_environments, settings.environ)


def open_prerequisites(settings: Settings) -> Prerequisites:
    from hybridctl.adapters.prerequisites import ThisMachine

    needed = {"function.source": settings.source, "terraform.environments": settings.terraform_environments}
    return ThisMachine(settings.root, settings.private, settings.engine, settings.environ, needed)


def open_prices(settings: Settings) -> Prices:
    from hybridctl.adapters.aws.session import AwsSession
    from hybridctl.adapters.price_list import API_REGION, ListPrices

    session = AwsSession(API_REGION, profile=settings.environ.get("AWS_PROFILE"))
    return ListPrices(settings.private, lambda: session.client("pricing"))


class RealBackend:
    """One environment, on AWS or on the sandbox; `start` makes the sandbox when there is none yet."""

    def __init__(
        self, settings: Settings, environment: Environment, clock: Clock, screen: Screen, opening: Opening
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._names = settings.names(environment.name)
        self._clock = clock
        self._reattach: Mapping[str, Any] | None = None
        self._endpoint: str | None = None
        if environment.sandbox:
            self._enter_sandbox(screen, opening)

    @cached_property
    def place(self) -> Place:
        """Where this run lands; WrongAccount when it is not the account that the configuration names."""
        account = self._session.account()
        wanted = self._environment.account
        if wanted and account != wanted:
            raise WrongAccount(
                f"{self._environment.name} lives in account {wanted}, and these credentials are of {account}",
                hint="set AWS_PROFILE to the right account",
            )
        return Place(self._environment.name, account, self._environment.region, self._endpoint)

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

        from hybridctl.adapters.terraform.cli import Root, TerraformCli

        settings = self._settings
        root = Root(
            environment=self._environment.name,
            folder=settings.terraform_environments / self._environment.name,
            data=settings.private / "terraform" / self._environment.name,
            backend=self._state_backend(),
            environ=self._child_environ(),
            wanted_engine=settings.engine,
            reattach=json.dumps(self._reattach) if self._reattach else None,
            lock=lambda: self.state.lock(),  # noqa: PLW0108  not before it is asked for
        )
        return TerraformCli(root)

    @cached_property
    def foundation(self) -> StateBucket:
        from hybridctl.adapters.aws import state_bucket

        return state_bucket.StateBucket(
            lambda: self._session.client("s3"),
            name=self._bucket,
            region=self._environment.region,
            account=self.place.account,
        )

    @cached_property
    def ci_access(self) -> CiAccess:
        from hybridctl.adapters.aws.ci_access import IamCiAccess

        return IamCiAccess(lambda: self._session.client("iam"), account=self.place.account)

    @cached_property
    def state(self) -> State:
        from hybridctl.adapters.aws.state import S3State

        return S3State(
            lambda: self._session.client("s3"),
            bucket=self._bucket,
            key=self._names.state_key,
            region=self._environment.region,
            account=self.place.account,
            localise=self._localise,
        )

    @cached_property
    def functions(self) -> Functions:
        from hybridctl.adapters.aws.functions import LambdaFunctions

        return LambdaFunctions(
            lambda: self._session.client("lambda"),
            self._http.download,
            name=self._names.function,
            alias=self._settings.alias,
        )

    @cached_property
    def caller(self) -> Caller:
        from hybridctl.adapters.aws.caller import AwsCaller

        return AwsCaller(
            lambda: self._session.impatient_client("sts", connect_seconds=1), lambda: self._session.client("iam")
        )

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
        )

    @cached_property
    def logs(self) -> LogSource:
        from hybridctl.adapters.aws.logs import CloudWatchLogs

        group = log_group_of(self.state.outputs(), self._names)
        return CloudWatchLogs(lambda: self._session.impatient_client("logs"), group=group)

    @cached_property
    def access_logs(self) -> LogSource:
        from hybridctl.adapters.aws.logs import CloudWatchLogs

        outputs = self.state.outputs()
        if outputs is None:
            name = self._environment.name
            raise NotDeployed(f"{name} is not deployed, so its API has no log", hint=f"hybridctl deploy {name}")
        group = outputs.text("api_access_log_group")
        return CloudWatchLogs(lambda: self._session.impatient_client("logs"), group=group)

    @cached_property
    def log_queries(self) -> LogQueries:
        from hybridctl.adapters.aws.log_queries import CloudWatchLogQueries

        group = log_group_of(self.state.outputs(), self._names)
        return CloudWatchLogQueries(lambda: self._session.client("logs"), group=group)

    @cached_property
    def live_tail(self) -> LiveTail:
        from hybridctl.adapters.aws.live_tail import CloudWatchLiveTail

        group = log_group_of(self.state.outputs(), self._names)
        return CloudWatchLiveTail(
            lambda: self._session.impatient_client("logs"), group=group, account=self.place.account
        )

    @cached_property
    def version_metrics(self) -> VersionMetrics:
        from hybridctl.adapters.aws.traffic_metrics import CloudWatchVersionMetrics

        return CloudWatchVersionMetrics(
            lambda: self._session.client("cloudwatch"), function=self._names.function, alias=self._settings.alias
        )

    @cached_property
    def sessions(self) -> Sessions:
        from hybridctl.adapters.aws.sessions import DynamoSessions

        outputs = self.state.outputs()
        if outputs is None:
            name = self._environment.name
            raise NotDeployed(f"{name} is not deployed, so it has no sessions", hint=f"hybridctl deploy {name}")
        return DynamoSessions(
            lambda: self._session.client("dynamodb"),
            lambda: self._session.client("lambda"),
            table=outputs.text("dynamodb_sessions_table"),
            function=self._names.function,
            alias=self._settings.alias,
        )

    @cached_property
    def metrics(self) -> MetricSource:
        from hybridctl.adapters.aws.metrics import CloudWatchMetrics

        return CloudWatchMetrics(lambda: self._session.client("cloudwatch"))

    @cached_property
    def alarms(self) -> AlarmSource:
        from hybridctl.adapters.aws.alarms import CloudWatchAlarms

        return CloudWatchAlarms(lambda: self._session.client("cloudwatch"))

    @property
    def smoke_plan(self) -> SmokePlan:
        return self._settings.smoke

    @property
    def probe(self) -> HttpProbe:
        return self._http

    @cached_property
    def _http(self) -> "HttpxProbe":
        from hybridctl.adapters.http import HttpxProbe

        return HttpxProbe()

    @cached_property
    def _session(self) -> "AwsSession":
        from hybridctl.adapters.aws.session import AwsSession

        return AwsSession(
            self._environment.region, profile=self._settings.environ.get("AWS_PROFILE"), endpoint=self._endpoint
        )

    @property
    def _bucket(self) -> str:
        return self._names.state_bucket(self.place.account, self._environment.region)

    def _enter_sandbox(self, screen: Screen, opening: Opening) -> None:
        sandbox = open_sandbox(self._settings)
        status = sandbox.status()
        if not status.running:
            if not opening.start and not sandbox.log.parent.exists():
                name = self._environment.name
                raise NotDeployed(f"{name} has never been deployed from here", hint=f"hybridctl deploy {name}")
            with screen.progress().step("sandbox") as step:
                step.now("starting")
                status = sandbox.start()
                step.done(f"started on {status.endpoint}")
        self._endpoint = status.endpoint
        self._reattach = None if opening.real_provider else status.reattach

    def _state_backend(self) -> dict[str, str]:
        backend = {"bucket": self._bucket, "region": self._environment.region, "key": self._names.state_key}
        return backend | ({"use_path_style": "true"} if self._endpoint else {})

    def _child_environ(self) -> Mapping[str, str]:
        from hybridctl.adapters.aws.session import sandbox_environment

        if self._endpoint is None:
            return dict(self._settings.environ) | {"AWS_REGION": self._environment.region}
        return sandbox_environment(self._settings.environ, self._endpoint, self._environment.region)

    def _localise(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """On the sandbox the API has no host name of AWS: its address is made of API id and stage."""
        if self._endpoint is None or "api_id" not in outputs:
            return dict(outputs)
        address = f"{self._endpoint}/_aws/execute-api/{outputs['api_id']}/{outputs['api_stage']}"
        return {**outputs, "api_endpoint": address}


def _console(stream: Any, environ: Mapping[str, str]) -> Console:
    """Plain and wide where nobody looks: in a pipe or a CI log a row stays one line, unless COLUMNS says otherwise."""
    seen = stream.isatty()
    columns = environ.get("COLUMNS", "")
    width = None if seen else int(columns) if columns.isdigit() else _UNSEEN_WIDTH
    plain = bool(environ.get("NO_COLOR")) or not seen
    return Console(file=stream, width=width, no_color=plain, highlight=False, emoji=False)


def _someone_answers() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
