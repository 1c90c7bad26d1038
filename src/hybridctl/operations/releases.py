"""What was live when."""

from collections.abc import Sequence
from dataclasses import dataclass

from hybridctl.domain.release import Release
from hybridctl.ports import Backend


@dataclass(frozen=True, slots=True)
class History:
    """The newest releases, oldest first, and the version that the alias serves now."""

    releases: Sequence[Release]
    live: int | None


def read_history(backend: Backend, limit: int) -> History:
    alias = backend.functions.live()
    return History(backend.journal.releases(limit), alias.version if alias else None)
