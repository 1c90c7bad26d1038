"""A resolved set of requirements, as entries of the zip."""

from hybridctl.adapters.packaging.archive import Entry
from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Installed:
    """The entries of a resolved set, and the files that were left out of it for a reason worth naming."""

    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()
