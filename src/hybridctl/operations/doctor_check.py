"""One check of doctor."""

from collections.abc import Callable
from dataclasses import dataclass

from hybridctl.domain.diagnosis import Finding


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """A check: `look` returns its finding, and an error that it raises becomes a failure. `repair` is always safe and
    returns what it did.
    """

    name: str
    look: Callable[[], Finding]
    repair: Callable[[], str] | None = None
