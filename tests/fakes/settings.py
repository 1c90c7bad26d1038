from dataclasses import dataclass, field

from hybridctl.domain.function import AccountLimits, Function
from hybridctl.domain.table import ON_DEMAND, Table, TablePart

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
class FakeTables:
    """Tables by name; one that was not put here does not exist."""

    found: dict[str, Table] = field(default_factory=dict)

    def table(self, name: str) -> Table | None:
        return self.found.get(name)
