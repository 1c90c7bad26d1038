"""The windows before and after a release that are compared."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import ceil

from hybridctl.domain import history
from hybridctl.domain.metrics.span import Span
from hybridctl.domain.release import Outcome, Release
from hybridctl.errors import NotFound, UsageInvalid

LAST = "last"
_MOVED = (Outcome.LIVE, Outcome.TAKEN_BACK)


def find_release(releases: Sequence[Release], name: str) -> Release:
    """Return the last finished release that moved traffic, or the one that `name` names (see `history.find_release`).

    `releases` is oldest first. Raises NotFound.
    """
    finished = [release for release in releases if release.finished is not None]
    if name != LAST:
        return history.find_release(finished, name)
    for release in reversed(finished):
        if release.outcome in _MOVED and release.version_after is not None:
            return release
    raise NotFound("no release has moved traffic yet", hint="hybridctl releases lists the releases")


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
