"""What one version answered: the numbers that two versions are compared by."""

from dataclasses import replace

from hybridctl.percentiles import percentile_of_ascending
from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Totals:
    """A version's own sums in AWS/Lambda: `errors` are those that no handler answered."""

    invocations: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """What one version answered through the alias in some time.

    `errors` are answers of 5xx and invocations without an answer; `warm_ms` is how long each warm invocation took, in
    milliseconds and ascending: a cold start depends on the spread of the traffic, not on the code.
    """

    version: int
    requests: int = 0
    errors: int = 0
    cold_starts: int = 0
    warm_ms: tuple[float, ...] = ()

    @property
    def error_share(self) -> float | None:
        return self.errors / self.requests if self.requests else None

    def percentile(self, rank: float) -> float | None:
        """The duration that `rank` percent of the warm requests did not exceed; None without any."""
        return percentile_of_ascending(self.warm_ms, rank)

    def add(self, other: "Sample") -> "Sample":
        """Both together, of the same version."""
        return Sample(
            self.version,
            self.requests + other.requests,
            self.errors + other.errors,
            self.cold_starts + other.cold_starts,
            tuple(sorted(self.warm_ms + other.warm_ms)),
        )

    def add_totals(self, totals: Totals) -> "Sample":
        """The same, but for what the metrics saw beyond the log: a log can be late, or kept at a high level."""
        return replace(self, requests=max(self.requests, totals.invocations), errors=max(self.errors, totals.errors))
