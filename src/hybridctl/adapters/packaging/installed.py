"""Installed requirements, as entries of the zip."""

from hybridctl.adapters.packaging.archive import Entry
from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Installed:
    """The entries of installed requirements. `left_out` contains files whose omission is worth a message."""

    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()
