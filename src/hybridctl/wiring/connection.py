"""Connect to one environment: its place, AWS session, HTTP client and state."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from functools import cached_property
from typing import TYPE_CHECKING

from hybridctl.domain.environment import Place
from hybridctl.errors import NotDeployed, WrongAccount

if TYPE_CHECKING:
    from collections.abc import Callable

    from hybridctl.adapters.aws.session import AwsSession
    from hybridctl.adapters.http import Urllib3Probe
    from hybridctl.domain.engine import Engine
    from hybridctl.domain.outputs import Outputs
    from hybridctl.ports.run import Clock
    from hybridctl.ports.terraform import State
    from hybridctl.settings import Settings
    from hybridctl.wiring.location import Location


class Connection:
    """One environment on AWS or the sandbox; everything is opened on first use, from one AWS session.

    `say` prints notes that belong to no result. `found_engine` waits for a search that has started already.
    """

    def __init__(
        self,
        settings: Settings,
        location: Location,
        clock: Clock,
        say: Callable[[str], None] = lambda _text: None,
        found_engine: Callable[[], Engine] | None = None,
    ) -> None:
        self._settings = settings
        self._location = location
        self._environment = location.environment
        self._names = settings.names(location.environment.name)
        self._clock = clock
        self._say = say
        self._found_engine = found_engine

    @cached_property
    def place(self) -> Place:
        """Return where this run acts. Raises WrongAccount if hybridctl.toml names another account."""
        from hybridctl.adapters.aws.partition import partition_of

        partition = partition_of(self._environment.region)
        account = self._location.account or self._session.account()
        wanted = self._environment.account
        if wanted and account != wanted:
            raise WrongAccount(
                f"{self._environment.name} belongs to account {wanted}, but these credentials are for {account}",
                hint="use a profile of that account: --profile NAME, or profile = "
                f'"NAME" in [environments.{self._environment.name}]',
            )
        elsewhere = tuple(self._session.find_configured_endpoints(self._settings.environ))
        endpoint = self._location.endpoint
        if self._environment.protected and not wanted and endpoint is None:
            name = self._environment.name
            raise WrongAccount(
                f"{name} is protected, but hybridctl.toml does not name its "
                f"account; these credentials are for {account}",
                hint=f'if this account is right: account = "{account}" in [environments.{name}]',
            )
        return Place(
            self._environment.name,
            account,
            self._environment.region,
            endpoint,
            elsewhere,
            partition,
            self._session.credentials_end(self._settings.environ),
        )

    @cached_property
    def state(self) -> State:
        from hybridctl.adapters.aws.state import S3State

        return S3State(
            lambda: self._session.client("s3"),
            bucket=self._bucket,
            key=self._names.state_key,
            environment=self._environment.name,
            sleep=self._clock.sleep,
            localise=self._location.localise,
        )

    @cached_property
    def _http(self) -> Urllib3Probe:
        from hybridctl.adapters.http import Urllib3Probe

        return Urllib3Probe(self._settings.environ, stays_here=self._location.endpoint is not None)

    @cached_property
    def _session(self) -> AwsSession:
        from hybridctl.adapters.aws.session import AwsSession

        return AwsSession(
            self._environment.region,
            profile=self._settings.profile_of(self._environment),
            endpoint=self._location.endpoint,
            key=self._location.key,
        )

    @property
    def _bucket(self) -> str:
        return self._names.state_bucket(self.place.account, self._environment.region)

    def _require_deployed(self, otherwise: str) -> Outputs:
        outputs = self.state.outputs()
        if outputs is None:
            name = self._environment.name
            raise NotDeployed(f"{name} is not deployed, {otherwise}", hint=f"hybridctl deploy {name}")
        return outputs
