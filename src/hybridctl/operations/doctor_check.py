"""One thing that the doctor looks at."""

from collections.abc import Callable
from dataclasses import dataclass

from hybridctl.domain.diagnosis import Finding


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """`look` says what it found, or raises what becomes a fail; `mend` is safe at any time, and says what it did."""

    name: str
    look: Callable[[], Finding]
    mend: Callable[[], str] | None = None
