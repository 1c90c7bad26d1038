"""One botocore session for one environment. Clients are created once, on first use.

boto3 would add resources and transfers, which are not used here, and a tenth of a short command's time.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.credentials import (
    Known,
    as_environment,
    describe_source,
    find_end,
    is_costly,
    open_session,
    resolve_credentials,
)
from hybridctl.adapters.aws.errors import SETTINGS_HINT, explain_failures
from hybridctl.domain.profile import Profile
from hybridctl.domain.sandbox import AccessKey
from hybridctl.errors import AwsRefused

if TYPE_CHECKING:
    from botocore.session import Session

# For DynamoDB, botocore's `legacy` mode waits 50 ms, 100 ms and so on after a throttled call. `standard` waits up to 1
# s, 2 s and so on, a hundred times as long as the call.
_STANDARD: Any = {"mode": "standard", "total_max_attempts": 5}
_RETRIES: dict[str, Any] = {"dynamodb": {"mode": "legacy", "total_max_attempts": 8}}


class AwsSession:
    """Clients for `region`. With `endpoint` and `key`, the clients use the sandbox."""

    def __init__(
        self,
        region: str,
        *,
        profile: Profile | None = None,
        endpoint: str | None = None,
        key: AccessKey | None = None,
    ) -> None:
        self.region = region
        self.endpoint = endpoint
        self._profile = profile or Profile()
        self._key = key
        self._clients: dict[str, Any] = {}
        self._models: Any = None
        self._lock = Lock()

    @cached_property
    def _session(self) -> "Session":
        return self._open()

    def _open(self) -> "Session":
        """Return a session that reads the credentials again, unless that may prompt the user. botocore's models are
        read once.
        """
        from hybridctl.adapters.aws.isolation import make_isolated_session
        from hybridctl.service_models import faster_models

        with explain_failures("reading the AWS credentials"):
            beneath = make_isolated_session() if self.endpoint else open_session(self._profile)
            if self._models is None:
                self._models = faster_models(beneath.get_component("data_loader"))
            beneath.register_component("data_loader", self._models)
            if is_costly(self._credentials):
                beneath.register_component("credential_provider", Known(self._credentials))
            return beneath

    def _make_client(self, session: "Session", service: str, config: Any) -> Any:
        secrets = _as_arguments(self._key) if self._key else {}
        create: Any = session.create_client
        try:
            client = create(service, region_name=self.region, endpoint_url=self.endpoint, config=config, **secrets)
        except ValueError as cause:  # botocore's for an invalid AWS_ENDPOINT_URL
            raise AwsRefused(f"opening the {service} client: {cause}", hint=SETTINGS_HINT) from cause
        if self.endpoint:
            client.meta.events.register_first("needs-retry", _give_up)
        return client

    @cached_property
    def _credentials(self) -> Any:
        """The credentials from AWS's credential chain, resolved once; None on the sandbox or without credentials."""
        return None if self.endpoint else resolve_credentials(self._profile)

    def source(self) -> str:
        """Describe where the credentials come from; "none" without credentials."""
        if self.endpoint:
            return "the sandbox's own key"
        with explain_failures("reading the AWS credentials"):
            return describe_source(self._credentials, self._profile)

    def credentials_end(self, environ: Mapping[str, str]) -> datetime | None:
        """Return when the credentials expire, if they do not refresh themselves and that is known."""
        return find_end(self._credentials, environ)

    def engine_environment(self) -> dict[str, str]:
        """Return the credentials for a child process: Terraform cannot prompt for an MFA code or share our session."""
        with explain_failures("reading the AWS credentials"):
            return as_environment(self._credentials)

    def client(self, service: str) -> Any:
        """Return the shared client of a service. botocore makes 5 attempts, 8 for DynamoDB."""
        from botocore.config import Config

        with self._lock:
            if service not in self._clients:
                config = Config(
                    retries=_RETRIES.get(service, _STANDARD),
                    connect_timeout=5,
                    read_timeout=35,
                    s3={"addressing_style": "path" if self.endpoint else "auto"},
                    proxies={} if self.endpoint else None,
                )
                with explain_failures(f"opening the {service} client"):
                    self._clients[service] = self._make_client(self._session, service, config)
            return self._clients[service]

    def impatient_client(self, service: str, *, connect_seconds: float = 5, read_seconds: float = 20) -> Any:
        """Return a new client that makes one attempt, for callers that pace their own attempts.

        On AWS its session reads the credentials again; the sandbox's key is given.
        """
        from botocore.config import Config

        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            proxies={} if self.endpoint else None,
            inject_host_prefix=self.endpoint is None,  # no `stream-` prefix of Live Tail on a numeric address
        )
        with explain_failures(f"opening the {service} client"):
            if self._key is None:
                return self._make_client(self._open(), service, config)
            with self._lock:
                return self._make_client(self._session, service, config)

    def find_configured_endpoints(self, environ: Mapping[str, str]) -> list[str]:
        """Return the user's settings that send calls to another endpoint than AWS, each as "NAME=address"; none on the
        sandbox.
        """
        from hybridctl.adapters.aws.isolation import find_configured_endpoints

        if self.endpoint:
            return []
        with explain_failures("reading the AWS settings"):
            return find_configured_endpoints(open_session(self._profile), environ)

    def account(self) -> str:
        """Return the account of the credentials."""
        with explain_failures("getting the caller's identity (sts:GetCallerIdentity)"):
            return str(self.client("sts").get_caller_identity()["Account"])


def _give_up(caught_exception: Exception | None = None, **_: Any) -> None:
    """Raise a refused connection at once: the sandbox has ended, and nothing starts it again during a call."""
    from botocore.exceptions import EndpointConnectionError

    if isinstance(caught_exception, EndpointConnectionError):
        raise caught_exception


def _as_arguments(key: AccessKey) -> dict[str, Any]:
    return {
        "aws_access_key_id": key.id,
        "aws_secret_access_key": key.secret,
        "aws_session_token": key.token or None,
    }


def sandbox_environment(environ: Mapping[str, str], endpoint: str, region: str, key: AccessKey) -> dict[str, str]:
    """Return the environment for a child process that must reach only the sandbox."""
    kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    no_proxy = ",".join(filter(None, [environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))
    if key.token:
        kept["AWS_SESSION_TOKEN"] = key.token
    return kept | {
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }
