from collections.abc import Sequence
from dataclasses import dataclass, field

from fakes.clock import NOON
from hybridctl.domain.function import AccountLimits, Function
from hybridctl.domain.iam.permissions import Need
from hybridctl.domain.identity import Identity
from hybridctl.domain.table import ON_DEMAND, Table, TablePart
from hybridctl.errors import HybridctlError

FUNCTION = Function(memory_mb=512, architecture="arm64", timeout=10, code_bytes=24_700, runtime="python3.13")
SESSIONS = Table(
    "hybrid-ci-cd-sessions-local",
    ON_DEMAND,
    (TablePart(None, 0, 0, 400_000_000), TablePart("by_user", 0, 0, 400_000_000)),
)


@dataclass
class FakeFunctionSettings:
    """The live function and the account, as they were put here."""

    live: Function | None = FUNCTION
    account: AccountLimits = field(default_factory=lambda: AccountLimits(1000, 1000, 80_530_636_800, 24_700))

    def function(self) -> Function | None:
        return self.live

    def limits(self) -> AccountLimits:
        return self.account


@dataclass
class FakeCaller:
    """Who we are, at noon by AWS's clock; `refused` are actions that policies deny, `fails` what any call raises."""

    who: Identity = field(default_factory=lambda: Identity("000000000000", "arn:aws:iam::000000000000:root", NOON))
    refused: set[str] = field(default_factory=set)
    fails: HybridctlError | None = None
    cannot_simulate: HybridctlError | None = None

    def identity(self) -> Identity:
        if self.fails:
            raise self.fails
        return self.who

    def denied(self, identity: Identity, need: Need) -> Sequence[str]:
        if self.cannot_simulate:
            raise self.cannot_simulate
        return [action for action in need.actions if action in self.refused]


@dataclass
class FakeTables:
    """Tables by name; one that was not put here does not exist."""

    found: dict[str, Table] = field(default_factory=dict)

    def table(self, name: str) -> Table | None:
        return self.found.get(name)
