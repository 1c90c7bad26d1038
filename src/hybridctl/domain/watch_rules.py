"""When a difference between two versions counts. Separate from the decision, which would slow down every start."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Margin:
    """How much slower the percentile `rank` may become: `factor` times or `milliseconds` more, whichever is more."""

    rank: float
    factor: float
    milliseconds: float = 5.0

    def limit(self, taken: float) -> float:
        return max(taken * self.factor, taken + self.milliseconds)

    def remove(self, taken: float) -> float:
        """Return a duration without the margin: the inverse of `limit`."""
        return min(taken / self.factor, taken - self.milliseconds)


@dataclass(frozen=True, slots=True)
class WatchRules:
    """When a difference counts; see `judge`. `for_errors` and `for_slowness` are the shares of `false_alarm` for errors
    and for each margin. A release with one phase keeps `for_errors_at_end` of the first for its end.
    """

    margins: tuple[Margin, ...] = (Margin(50, 1.25), Margin(95, 1.5), Margin(99, 2.0))
    false_alarm: float = 0.01
    for_errors: float = 0.7
    for_errors_at_end: float = 0.2
    for_slowness: float = 0.1
    min_requests: int = 30  # 30 requests show a fault of one request in ten with 96 % probability
    min_baseline: int = 20
    min_errors: int = 2
    min_failing_slices: int = 3  # a burst of failures is over within two
    min_warm: int = 10
    tolerated_errors: float = 0.01  # without a baseline
    passing_errors: float = 0.02


USUAL = WatchRules()
