"""A direct invocation of one version of the function."""

from typing import Any

from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda answered: `error` is FunctionError (the HTTP status is 200 even then), `log` the tail sent along."""

    version: str
    payload: Any
    seconds: float
    error: str | None = None
    log: tuple[str, ...] = ()

    @property
    def is_cold(self) -> bool:
        """It had to wait for an environment to start: then alone does the REPORT line name an `Init Duration`."""
        return any(line.startswith("REPORT ") and "Init Duration: " in line for line in self.log)
