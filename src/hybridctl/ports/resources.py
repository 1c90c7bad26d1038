"""Ports of the deployed resources as AWS describes them, and of the caller's identity."""

from __future__ import annotations  # what the signatures name is imported by type checkers only

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hybridctl.domain.alarms import Subscribers
    from hybridctl.domain.capacity import Scaled
    from hybridctl.domain.facts import LogGroup
    from hybridctl.domain.function import AccountLimits, Function
    from hybridctl.domain.http_api import ApiStage, Route
    from hybridctl.domain.iam.permissions import Need
    from hybridctl.domain.identity import Identity
    from hybridctl.domain.table import Table, TableSettings


class Caller(Protocol):
    """The caller's identity, the source of its credentials, and the actions that its policies deny."""

    def identity(self) -> Identity: ...
    def source(self) -> str: ...
    def find_denied(self, identity: Identity, need: Need) -> Sequence[str]: ...


class HasCaller(Protocol):
    @property
    def caller(self) -> Caller: ...


class FunctionSettings(Protocol):
    """The live function's settings, and the account's limits."""

    def function(self) -> Function | None: ...
    def read_unpublished(self) -> Function | None: ...
    def policy(self) -> Mapping[str, Any] | None: ...
    def limits(self) -> AccountLimits: ...


class HasFunctionSettings(Protocol):
    @property
    def function_settings(self) -> FunctionSettings: ...


class Tables(Protocol):
    """Tables by their full names."""

    def table(self, name: str) -> Table | None: ...
    def settings(self, name: str, *, expires: bool = False) -> TableSettings | None: ...


class HasTables(Protocol):
    @property
    def tables(self) -> Tables: ...


class HttpApis(Protocol):
    """API Gateway HTTP APIs, part by part; None if there is no such API."""

    def routes(self, api: str) -> Sequence[Route] | None: ...
    def integrations(self, api: str) -> Mapping[str, str] | None: ...
    def stages(self, api: str) -> Sequence[ApiStage] | None: ...

    def is_disabled(self, api: str) -> bool | None: ...


class HasHttpApis(Protocol):
    @property
    def http_apis(self) -> HttpApis: ...


class LogGroups(Protocol):
    """Log groups by their full names."""

    def group(self, name: str) -> LogGroup | None: ...


class HasLogGroups(Protocol):
    @property
    def log_groups(self) -> LogGroups: ...


class Topics(Protocol):
    """SNS topics by ARN."""

    def subscribers(self, topic: str) -> Subscribers | None: ...


class HasTopics(Protocol):
    @property
    def topics(self) -> Topics: ...


class Scaling(Protocol):
    """The tables' current capacity under autoscaling."""

    def list_scaled(self, tables: Sequence[str]) -> Sequence[Scaled]: ...


class HasScaling(Protocol):
    @property
    def scaling(self) -> Scaling: ...
