from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """Stands still until a caller sleeps."""

    at: datetime = NOON
    slept: list[float] = field(default_factory=list)
    _meanwhile: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOON).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        due = [happens for moment, happens in self._meanwhile if moment <= self.at]
        self._meanwhile = [(moment, happens) for moment, happens in self._meanwhile if moment > self.at]
        for happens in due:
            happens()

    def during(self, seconds: float, happens: Callable[[], object]) -> None:
        """Do something once, while a caller sleeps until or past that many seconds from now."""
        self._meanwhile.append((self.at + timedelta(seconds=seconds), happens))
