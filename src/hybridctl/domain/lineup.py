"""The versions that serve together, as the records of releases tell them."""

from collections.abc import Mapping

from hybridctl.domain.release import Release, WorkerMove
from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Lineup:
    """The versions that serve together: the API's function's, and each worker's by name."""

    version: int
    workers: Mapping[str, int]

    def with_those_of(self, other: "Lineup") -> "Lineup":
        """The same, with the workers that only the other one knows: a release cannot move what it did not know of."""
        return Lineup(self.version, {**other.workers, **self.workers})


def lineup_after(release: Release) -> Lineup | None:
    """What a release left serving; None where it published no version."""
    if release.version_after is None:
        return None
    return Lineup(release.version_after, {one.name: one.after for one in release.workers if one.after is not None})


def lineup_before(release: Release) -> Lineup | None:
    """What served before a release; None on a first deploy."""
    if release.version_before is None:
        return None
    return Lineup(release.version_before, {one.name: one.before for one in release.workers if one.before is not None})


def moves_between(before: Mapping[str, int | None], after: Mapping[str, int]) -> tuple[WorkerMove, ...]:
    """What a record says of the workers, in the order of names."""
    return tuple(WorkerMove(name, before.get(name), after[name]) for name in sorted(after))
