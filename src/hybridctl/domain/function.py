"""The function's settings and the account's limits, as Lambda tells them."""

from collections.abc import Mapping
from dataclasses import field

from hybridctl.values import dataclass

ONE_CPU_MB = 1769  # lambda/latest/dg/configuration-memory.html: at this much memory a function has one vCPU
# lambda/latest/dg/configuration-concurrency.html. A new account has less in all; the refusal then names its limit:
# "below its minimum value of [10]" or [50] (github.com/anomalyco/sst issue 5829).
UNRESERVED_MINIMUM = 100


@dataclass(frozen=True, slots=True)
class Function:
    """What the alias serves; `reserved` is None where the function takes from the account's pool.

    `state` is Lambda's own word (Active, Pending, Inactive, Failed); `sha256` is base64, as Lambda gives it.
    """

    memory_mb: int
    architecture: str
    timeout: int
    code_bytes: int
    runtime: str = ""
    reserved: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    handler: str = ""
    state: str = "Active"
    state_reason: str = ""
    sha256: str = ""

    @property
    def share_of_cpu(self) -> float:
        return min(1.0, self.memory_mb / ONE_CPU_MB)


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """Concurrency of the account in its region, and what of it no function has reserved; code in bytes."""

    concurrency: int
    unreserved: int
    code_bytes: int = 0
    code_used: int = 0

    def room_for(self, function: Function | None) -> int:
        """How many executions the function can have reserved, or kept warm, in all."""
        minimum = min(UNRESERVED_MINIMUM, self.concurrency)
        return max(0, self.unreserved + ((function.reserved if function else None) or 0) - minimum)
