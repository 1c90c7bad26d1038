"""The windows before and after a release that are compared."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import ceil

from hybridctl.domain.metrics.span import Span
from hybridctl.domain.release import Outcome, Release
from hybridctl.errors import NotFound, UsageInvalid

LAST = "last"
_MOVED = (Outcome.LIVE, Outcome.TAKEN_BACK)


def find_release(releases: Sequence[Release], name: str) -> Release:
    """Return the release whose id starts with `name`, or the last release that moved traffic. `releases` is oldest
    first.

    Raises NotFound if there is none, and UsageInvalid if several ids match.
    """
    if name == LAST:
        ended = (release for release in reversed(releases) if release.finished is not None)
        moved = (release for release in ended if release.outcome in _MOVED and release.version_after is not None)
        moved_releases = list(islice(moved, 1))
    else:
        moved_releases = [
            release for release in releases if release.finished is not None and release.id.startswith(name)
        ]
    if not moved_releases:
        raise NotFound(f"there is no finished release {name!r}", hint="hybridctl releases lists the releases")
    if len(moved_releases) > 1:
        ids = ", ".join(release.id for release in moved_releases[:4])
        raise UsageInvalid(f"more than one release begins with {name!r}", hint=f"one of {ids}")
    return moved_releases[0]


def sides_of(release: Release, length: timedelta, now: datetime, seconds: int) -> tuple[Span, Span]:
    """Return whole periods before and after a release, limited on both sides by the time since its end. Raises
    UsageInvalid if that is too short.
    """
    finished = release.finished or now
    after = ceil(finished.timestamp() / seconds) * seconds
    before = int(release.started.timestamp()) // seconds * seconds
    there = int(now.timestamp()) // seconds - after // seconds
    count = min(int(length.total_seconds()) // seconds, there)
    if count < 1:
        raise UsageInvalid(
            f"release {release.id} ended at {finished:%H:%M:%S} UTC: no full period of {seconds} s has passed since",
            hint="wait a minute or two, or choose another one: --release ID",
        )
    return (
        Span(datetime.fromtimestamp(before - count * seconds, UTC), count, seconds),
        Span(datetime.fromtimestamp(after, UTC), count, seconds),
    )
