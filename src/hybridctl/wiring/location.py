"""The location of an environment: everything that differs between AWS and the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hybridctl.context import Opening
from hybridctl.domain.environment import Environment
from hybridctl.domain.sandbox import AccessKey
from hybridctl.errors import NotDeployed, UsageInvalid
from hybridctl.settings import Settings
from hybridctl.views.screen import Screen
from hybridctl.wiring.machine import open_sandbox

SANDBOX_KEY = "HYBRIDCTL_SANDBOX_KEY"  # as ID:SECRET, of a role's session ID:SECRET:TOKEN


@dataclass(frozen=True, slots=True)
class Location:
    """AWS, or the sandbox at `endpoint` with its `key`; `reattach` is the address of the sandbox's provider, and
    `started` when it started.

    `account` is known of the sandbox alone: AWS is asked.
    """

    environment: Environment
    endpoint: str | None = None
    key: AccessKey | None = None
    reattach: Mapping[str, Any] | None = None
    account: str | None = None
    started: datetime | None = None

    @property
    def region(self) -> str:
        return self.environment.region

    def state_backend(self, bucket: str, key: str) -> dict[str, str]:
        """Return the `-backend-config` of Terraform's S3 backend."""
        backend = {"bucket": bucket, "region": self.region, "key": key}
        return backend | ({"use_path_style": "true", "max_retries": "3"} if self.endpoint else {})

    def child_environ(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """Return Terraform's environment variables."""
        from hybridctl.adapters.aws.session import sandbox_environment

        if self.endpoint is None or self.key is None:
            return dict(environ) | {"AWS_REGION": self.region}
        return sandbox_environment(environ, self.endpoint, self.region, self.key)

    def localise(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the API's address on the sandbox, which has no AWS host name: it is built from API id and stage."""
        if self.endpoint is None or "api_id" not in outputs:
            return dict(outputs)
        address = f"{self.endpoint}/_aws/execute-api/{outputs['api_id']}/{outputs['api_stage']}"
        return {**outputs, "api_endpoint": address}


def read_key(typed: str) -> AccessKey:
    """Return the key of a user or role of the sandbox. Raises UsageInvalid if it is incomplete."""
    key, _, rest = typed.partition(":")
    secret, _, token = rest.partition(":")
    if not key or not secret:
        raise UsageInvalid(
            f"{SANDBOX_KEY} is not a key", hint="write it as ID:SECRET, or ID:SECRET:TOKEN for a role's session"
        )
    return AccessKey(key, secret, token)


def locate(settings: Settings, environment: Environment, opening: Opening, screen: Screen) -> Location:
    """Locate the environment. A stopped sandbox is started; one that never ran is started only by a deploy."""
    if not environment.sandbox:
        return Location(environment)
    sandbox = open_sandbox(settings)
    status = sandbox.status()
    if not status.running:
        if not opening.start and not sandbox.log.parent.exists():
            name = environment.name
            raise NotDeployed(f"{name} has never been deployed from here", hint=f"hybridctl deploy {name}")
        with screen.progress().step("sandbox") as step:
            step.now("starting")
            status = sandbox.start()
            step.done(f"started on {status.endpoint}")
    typed = settings.environ.get(SANDBOX_KEY)
    caller = read_key(typed) if typed else None  # otherwise its owner's counts
    reattach = sandbox.provider_of(caller) if caller else status.reattach
    provider = None if opening.real_provider else reattach
    return Location(environment, status.endpoint, caller or status.key, provider, status.account, status.started)
