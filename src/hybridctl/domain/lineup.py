"""The versions that serve together, according to the records of releases."""

from collections.abc import Mapping
from dataclasses import dataclass

from hybridctl.domain.release import Release, WorkerMove


@dataclass(frozen=True, slots=True)
class Lineup:
    """The versions that serve together: the version of the API's function, and each worker's version by name."""

    version: int
    workers: Mapping[str, int]

    def with_those_of(self, other: "Lineup") -> "Lineup":
        """Return this lineup with the workers that only `other` contains. A release does not move workers that it does
        not know.
        """
        return Lineup(self.version, {**other.workers, **self.workers})


def lineup_after(release: Release) -> Lineup | None:
    """Return the versions that served after a release, or None if it published no version."""
    if release.version_after is None:
        return None
    return Lineup(release.version_after, {one.name: one.after for one in release.workers if one.after is not None})


def lineup_before(release: Release) -> Lineup | None:
    """Return the versions that served before a release, or None for a first deploy."""
    if release.version_before is None:
        return None
    return Lineup(release.version_before, {one.name: one.before for one in release.workers if one.before is not None})


def moves_between(before: Mapping[str, int | None], after: Mapping[str, int]) -> tuple[WorkerMove, ...]:
    """Return a record's entries for the workers, sorted by name."""
    return tuple(WorkerMove(name, before.get(name), after[name]) for name in sorted(after))
