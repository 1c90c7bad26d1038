from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakes.clock import NOON
from hybridctl.domain.alarms import Subscribers
from hybridctl.domain.facts import LogGroup
from hybridctl.domain.function import AccountLimits, Function
from hybridctl.domain.http_api import ApiStage, HttpApi, Route
from hybridctl.domain.iam.permissions import Need
from hybridctl.domain.identity import Identity
from hybridctl.domain.sessions import TimeToLive
from hybridctl.domain.table import ON_DEMAND, Table, TablePart, TableSettings
from hybridctl.errors import HybridctlError

FUNCTION = Function(memory_mb=512, architecture="arm64", timeout=10, code_bytes=24_700, runtime="python3.13")
SESSIONS = Table(
    "hybrid-ci-cd-sessions-local",
    ON_DEMAND,
    (TablePart(None, 0, 0, 400_000_000), TablePart("by_user", 0, 0, 400_000_000)),
)


ALLOWED = {
    "Sid": "AllowHttpApi",
    "Effect": "Allow",
    "Principal": {"Service": "apigateway.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:000000000000:abc/local/*"}},
}


@dataclass
class FakeFunctionSettings:
    """The live function and the account, as they were put here."""

    live: Function | None = FUNCTION
    account: AccountLimits = field(default_factory=lambda: AccountLimits(1000, 1000, 80_530_636_800, 24_700))

    def function(self) -> Function | None:
        return self.live

    changed: Function | None = None
    statements: list[dict[str, Any]] | None = field(default_factory=lambda: [dict(ALLOWED)])

    def read_unpublished(self) -> Function | None:
        return self.changed or self.live

    def policy(self) -> Mapping[str, Any] | None:
        return None if self.statements is None else {"Statement": self.statements}

    def limits(self) -> AccountLimits:
        return self.account


@dataclass
class FakeCaller:
    """Who we are, at noon by AWS's clock; `refused` are actions that policies deny, `fails` what any call raises."""

    who: Identity = field(default_factory=lambda: Identity("000000000000", "arn:aws:iam::000000000000:root", NOON))
    refused: set[str] = field(default_factory=set)
    fails: HybridctlError | None = None
    cannot_simulate: HybridctlError | None = None
    asked: list[Need] = field(default_factory=list)

    def identity(self) -> Identity:
        if self.fails:
            raise self.fails
        return self.who

    def source(self) -> str:
        return "environment variables (AWS_ACCESS_KEY_ID)"

    def find_denied(self, identity: Identity, need: Need) -> Sequence[str]:
        self.asked.append(need)
        if self.cannot_simulate:
            raise self.cannot_simulate
        return [action for action in need.actions if action in self.refused]


@dataclass
class FakeTables:
    """Tables by name; one that was not put here does not exist."""

    found: dict[str, Table] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    ttl: TimeToLive = field(default_factory=lambda: TimeToLive("ENABLED", "expires_at"))

    def table(self, name: str) -> Table | None:
        return self.found.get(name)

    def settings(self, name: str, *, expires: bool = False) -> TableSettings | None:
        """Every table serves, and expires its items, unless it was put here or removed."""
        if name in self.gone:
            return None
        billing = self.found[name].billing if name in self.found else ON_DEMAND
        is_on = self.ttl.is_on and expires
        return TableSettings(billing, "ACTIVE", self.ttl.status, self.ttl.attribute if is_on else None)


@dataclass
class FakeHttpApis:
    """One API whose parts are those that were put here; `api` None when it is gone."""

    api: HttpApi | None = field(
        default_factory=lambda: HttpApi((Route("$default", "integrations/i1"),), (ApiStage("local"),), {})
    )

    def routes(self, api: str) -> Sequence[Route] | None:
        return self.api.routes if self.api else None

    def integrations(self, api: str) -> Mapping[str, str] | None:
        return (self.api.integrations or {}) if self.api else None

    def stages(self, api: str) -> Sequence[ApiStage] | None:
        return self.api.stages if self.api else None

    def is_disabled(self, api: str) -> bool | None:
        return self.api.is_disabled if self.api else None


@dataclass
class FakeLogGroups:
    """Every group is there, but those in `gone`; `retention` is that of all."""

    gone: set[str] = field(default_factory=set)
    retention: int | None = None

    def group(self, name: str) -> LogGroup | None:
        return None if name in self.gone else LogGroup(name, self.retention)


@dataclass
class FakeTopics:
    found: Subscribers | None = field(default_factory=lambda: Subscribers(1))

    def subscribers(self, topic: str) -> Subscribers | None:
        return self.found
