"""What is asked of a shift of traffic, and what it leaves running."""

from dataclasses import dataclass

from hybridctl.domain.release import Release, Rollout
from hybridctl.domain.strategy import ALL_AT_ONCE, Strategy


@dataclass(frozen=True, slots=True)
class ShiftRequest:
    """How to shift traffic; `probes` are sent in each step, and `detach` returns after the first shift."""

    strategy: Strategy = ALL_AT_ONCE
    probes: int = 0
    detach: bool = False
    stop_alarms: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class LeftRunning:
    """A proven new version with `share` of the traffic, waiting for promote or abort."""

    environment: str
    rollout: Rollout
    release: Release
    endpoint: str
