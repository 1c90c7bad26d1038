"""The function's settings and the account's limits, as Lambda reports them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ONE_CPU_MB = 1769  # lambda/latest/dg/configuration-memory.html: at this much memory a function has one vCPU
# lambda/latest/dg/configuration-concurrency.html. A new account has a lower total; Lambda's error then names its limit:
# "below its minimum value of [10]" or [50] (github.com/anomalyco/sst issue 5829).
UNRESERVED_MINIMUM = 100


@dataclass(frozen=True, slots=True)
class Function:
    """The function that the alias serves. `reserved` is None if the function uses the account's unreserved concurrency.

    `state` is Lambda's own term (Active, Pending, Inactive, Failed); `sha256` is base64, as in Lambda's API.
    `variables_unread` says why Lambda did not return the variables; "" if it did.
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
    variables_unread: str = ""

    @property
    def share_of_cpu(self) -> float:
        return min(1.0, self.memory_mb / ONE_CPU_MB)


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """The account's concurrency in its region, and how much of it no function has reserved. Code sizes are in bytes."""

    concurrency: int
    unreserved: int
    code_bytes: int = 0
    code_used: int = 0

    def room_for(self, function: Function | None) -> int:
        """Return how many executions the function can reserve or keep warm in total."""
        minimum = min(UNRESERVED_MINIMUM, self.concurrency)
        return max(0, self.unreserved + ((function.reserved if function else None) or 0) - minimum)


def find_unread_variables(configuration: Mapping[str, Any]) -> str:
    """Return why a function's configuration lacks its variables, usually a KMS key; "" if it does not.

    Source: lambda/latest/api/API_EnvironmentError.html.
    """
    error = configuration.get("Environment", {}).get("Error") or {}
    return ": ".join(part for part in (error.get("ErrorCode"), error.get("Message")) if part)
