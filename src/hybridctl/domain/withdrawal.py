"""Builds that were live, or about to be, and were rolled back. Releasing such a build again requires `--allow`."""

from collections.abc import Sequence

from hybridctl.domain.release import Kind, Outcome, Release

_MOVED = (Outcome.LIVE, Outcome.UNKNOWN, Outcome.INTERRUPTED)


def find_withdrawal(history: Sequence[Release], build: str) -> Release | None:
    """Return the release that rolled this build back, or None if it has been live since. `history` is oldest first."""
    builds: dict[int, str] = {}
    found: Release | None = None
    for release in history:
        before = builds.get(release.version_before) if release.version_before is not None else None
        is_left = release.kind is Kind.ROLLBACK and release.outcome in _MOVED and before == build != release.build
        is_taken_back = release.kind is Kind.DEPLOY and release.outcome is Outcome.TAKEN_BACK and release.build == build
        if is_left or is_taken_back:
            found = release
        elif release.build == build and release.outcome is Outcome.LIVE:
            found = None
        if release.build and release.version_after is not None:
            builds[release.version_after] = release.build
    return found


def describe_withdrawal(release: Release, build: str) -> str:
    """Describe who rolled the build back, when and why."""
    what = "rolled back" if release.kind is Kind.ROLLBACK else "rolled back automatically"
    who = release.decision.actor if release.decision else release.actor
    when = f"{release.finished or release.started:%Y-%m-%d %H:%M} UTC"
    why = (release.reason if release.kind is Kind.ROLLBACK else release.message) or "no reason given"
    return f"build {build} was {what} at {when} by {who}: {why}"
