"""The numbers that describe what one version answered, used to compare two versions."""

from dataclasses import dataclass, replace

from hybridctl.percentiles import percentile_of_ascending


@dataclass(frozen=True, slots=True)
class Totals:
    """A version's sums in AWS/Lambda. `errors` are invocations that the handler did not answer."""

    invocations: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """What one version answered through the alias in a period.

    `errors` are 5xx answers and invocations without an answer. `warm_ms` are the durations of warm invocations in
    milliseconds, ascending. Cold starts are left out: they depend on the spread of traffic, not on the code.
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
        """Return the duration that `rank` percent of the warm requests did not exceed, or None without any."""
        return percentile_of_ascending(self.warm_ms, rank)

    def add(self, other: "Sample") -> "Sample":
        """Return the sum of two samples of the same version."""
        return Sample(
            self.version,
            self.requests + other.requests,
            self.errors + other.errors,
            self.cold_starts + other.cold_starts,
            tuple(sorted(self.warm_ms + other.warm_ms)),
        )

    def add_totals(self, totals: Totals) -> "Sample":
        """Return the sample with the metrics' counts if they are higher: a log can be late or have a high log level."""
        return replace(self, requests=max(self.requests, totals.invocations), errors=max(self.errors, totals.errors))
