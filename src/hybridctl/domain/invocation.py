"""Direct invocations of one version of the function."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Invocation:
    """Lambda's response. `error` is FunctionError (the HTTP status is 200 even then); `log` is the tail of the log."""

    version: str
    payload: Any
    seconds: float
    error: str | None = None
    log: tuple[str, ...] = ()

    @property
    def is_cold(self) -> bool:
        """Whether the invocation waited for a cold start: only then does its REPORT line contain an `Init Duration`."""
        return any(line.startswith("REPORT ") and "Init Duration: " in line for line in self.log)
