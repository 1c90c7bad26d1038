"""Which published versions may go: Lambda keeps every one, and its code counts against the account's 75 GB."""

from collections.abc import Sequence

from hybridctl.domain.history import newest_first
from hybridctl.domain.release import Alias, Outcome, Release, Version


def prunable(
    versions: Sequence[Version], alias: Alias | None, history: Sequence[Release], keep: int
) -> tuple[Version, ...]:
    """The versions that nothing needs: neither served, nor newest, nor among the last `keep` that were live and good.

    `history` is oldest first. The newest is the one Terraform's state names, and what a plan compares with.
    """
    needed = {max((version.number for version in versions), default=0)}
    if alias:
        needed |= {alias.version, *alias.weights}
    good: set[int] = set()
    for release in newest_first(history):  # as far back as needed and no further: each record is a request
        if len(good) == keep:
            break
        if release.outcome is Outcome.LIVE and release.verified and release.version_after is not None:
            good.add(release.version_after)
    needed |= good
    return tuple(version for version in versions if version.number not in needed)
