"""A rollout in one line, without what is needed to watch it."""

from hybridctl.domain.release import Rollout
from hybridctl.domain.strategy import percent


def in_one_line(rollout: Rollout) -> str:
    """Return the rollout in one line: `canary:10@5m, 10 % to version 3, the rest to 2`."""
    waiting = ", waiting for promote or abort" if rollout.waiting else ""
    shares = f"{percent(rollout.share)} to version {rollout.new}, the rest to {rollout.old}"
    return f"{rollout.strategy}, {shares}{waiting}"
