"""The cloud as the provider reaches it: one shared client per service, made lazily, and a configuration."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import botocore.session
from botocore.config import Config

from hybridctl.durations import parse_duration
from hybridctl.sandbox.key import Key
from hybridctl.sandbox.own_calls import Send
from hybridctl.sandbox.provider.resource import Problem
from hybridctl.service_models import open_shared_loader

LIMIT_SECONDS = 60.0  # on the emulator all is there at once
PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}


def partition_of(region: str) -> tuple[str, str]:
    """The partition of a region and its DNS suffix."""
    return next((found for prefix, found in PARTITIONS.items() if region.startswith(prefix)), ("aws", "amazonaws.com"))


class Clients:
    """Clients of one endpoint, region and key. Thread-safe.

    `send` takes the place of botocore's HTTP client.
    """

    def __init__(self, endpoint: str, region: str, key: Key, send: Send | None = None) -> None:
        self._settings = {
            "endpoint_url": endpoint,
            "region_name": region,
            "aws_access_key_id": key.access_key_id,
            "aws_secret_access_key": key.secret_access_key,
            "aws_session_token": key.session_token or None,
            "config": Config(
                connect_timeout=5, read_timeout=120, max_pool_connections=16, retries={"mode": "standard"}
            ),
        }
        self._session: Any = botocore.session.Session()  # Any: the stubs have an overload per service
        self._session.register_component("data_loader", open_shared_loader())
        if send is not None:
            take: Any = lambda request, **_: send(request)  # noqa: E731  the stubs allow no answer
            self._session.register("before-send", take)
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __getitem__(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                self._made[service] = self._session.create_client(service, **self._settings)
            return self._made[service]


@dataclass(frozen=True)
class ProviderConfiguration:
    """One configured provider: where it works and the tags that it adds."""

    region: str
    clients: Clients
    default_tags: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def account(self) -> str:
        return str(self.clients["sts"].get_caller_identity()["Account"])


def seconds_of(duration: str) -> float:
    """The seconds of a Go duration, as in a timeouts block: "1h30m", "45s"."""
    seconds = None if set(duration) & set("dw") else parse_duration(duration)  # Go has no days and no weeks
    if seconds is None:
        raise Problem(f'parsing timeout "{duration}": not a duration such as "10m"', path=("timeouts",))
    return seconds


class Running:
    """The `Call` of one operation."""

    def __init__(self, configuration: ProviderConfiguration, stopped: threading.Event) -> None:
        self.region = configuration.region
        self.partition = partition_of(configuration.region)[0]
        self.identity: str | None = None
        self.limit_seconds: float | None = None
        self._configuration = configuration
        self._stopped = stopped

    @property
    def account(self) -> str:
        return self._configuration.account

    def aws(self, service: str) -> Any:
        return self._configuration.clients[service]

    def note_created(self, identity: str) -> None:
        self.identity = identity

    def allow(self, timeouts: Mapping[str, str] | None, operation: str) -> None:
        """Takes the limit for `operation` from a timeouts block."""
        given = (timeouts or {}).get(operation)
        if given:
            self.limit_seconds = seconds_of(given)

    def wait(self, ready: Callable[[], bool], what: str, seconds: float = LIMIT_SECONDS) -> None:
        limit = seconds if self.limit_seconds is None else self.limit_seconds
        pause, waited = 0.02, 0.0
        while not ready():
            if waited > limit:
                raise Problem(f"waiting for {what}: not there after {limit:.0f} s")
            if self._stopped.wait(pause):
                raise Problem(f"waiting for {what}: interrupted")
            waited += pause
            pause = min(pause * 2, 1.0)
