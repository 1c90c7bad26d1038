"""What is configured and what it processes in a month: everything that a bill depends on except prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

GB = 1024.0  # MB in a GB of memory, as Lambda bills it
ALARMS_A_POLICY = 4  # that Application Auto Scaling creates for each target: high and low use, high and low capacity


@dataclass(frozen=True, slots=True)
class PricedPart:
    """A table or one of its indexes. `read` and `write` are capacity units, 0 on demand."""

    name: str
    provisioned: bool = False
    read: float = 0.0
    write: float = 0.0
    is_index: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The configuration that affects the bill."""

    memory_mb: int
    architecture: str = "arm64"
    provisioned_concurrency: int = 0
    parts: tuple[PricedPart, ...] = ()
    recovery: bool = False
    alarms: int = 0
    composite_alarms: int = 0
    dashboards: int = 0
    metrics: int = 0
    retention_days: int = 7

    @property
    def gigabytes(self) -> float:
        return self.memory_mb / GB

    @property
    def scaling_alarms(self) -> int:
        """The number of alarms that autoscaling creates for itself, for reads and writes of each part."""
        return ALARMS_A_POLICY * 2 * sum(part.provisioned for part in self.parts)


@dataclass(frozen=True, slots=True)
class Load:
    """The load of a month. `duration_ms` and `answer_kb` are per request; `units` are reads and writes of each part."""

    requests: float
    duration_ms: float
    units: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    answer_kb: float = 1.0
    log_gb: float = 0.0
    storage_gb: float = 0.0

    def times(self, factor: float) -> "Load":
        """Return this load multiplied by `factor`. Stored data stays the same."""
        units = {name: (reads * factor, writes * factor) for name, (reads, writes) in self.units.items()}
        return replace(self, requests=self.requests * factor, log_gb=self.log_gb * factor, units=units)


@dataclass(frozen=True, slots=True)
class PerRequest:
    """The assumed work of one request, if nobody has measured it. docs/cost.md explains the defaults."""

    duration_ms: float = 20.0
    reads: float = 2.0
    writes: float = 0.2
    answer_kb: float = 1.0
    log_kb: float = 1.3

    def load(self, requests: float, storage_gb: float, parts: Sequence[PricedPart]) -> Load:
        """Return the load of this many requests a month. All go to the first table; writes also go to its indexes."""
        tables = [part for part in parts if not part.is_index]
        first = tables[0].name if tables else ""
        units = {first: (requests * self.reads, requests * self.writes)}
        units |= {
            part.name: (0.0, requests * self.writes)
            for part in parts
            if part.is_index and part.name.startswith(f"{first} ")
        }
        log_gb = requests * self.log_kb / 1e6
        return Load(requests, self.duration_ms, units, self.answer_kb, log_gb, storage_gb)
