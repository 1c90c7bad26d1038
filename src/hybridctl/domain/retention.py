"""Which published versions may be deleted. Lambda keeps all versions, and their code counts toward the account's 75
GB.
"""

from collections.abc import Sequence

from hybridctl.domain.history import newest_first
from hybridctl.domain.release import Alias, Outcome, Release, Version


def prunable(
    versions: Sequence[Version], alias: Alias | None, history: Sequence[Release], keep: int
) -> tuple[Version, ...]:
    """Return the versions that are not needed: not served, not the newest, and not among the last `keep` live and
    verified versions.

    `history` is oldest first. The newest version is the one in Terraform's state, which a plan compares with.
    """
    needed = {max((version.number for version in versions), default=0)}
    if alias:
        needed |= {alias.version, *alias.weights}
    good: set[int] = set()
    for release in newest_first(history):  # each record is a request, so read no further than needed
        if len(good) == keep:
            break
        if release.outcome is Outcome.LIVE and release.verified and release.version_after is not None:
            good.add(release.version_after)
    needed |= good
    return tuple(version for version in versions if version.number not in needed)
