"""The ground that an environment stands on, made once, and completed where it is only half there."""

from dataclasses import dataclass

from hybridctl.domain.foundation import Foundation, Part
from hybridctl.ports import Backend, Progress


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """The state bucket after a bootstrap; `made` are the parts that were missing, made now unless `dry_run`."""

    environment: str
    bucket: str
    made: tuple[Part, ...]
    dry_run: bool = False


def bootstrap(backend: Backend, progress: Progress, found: Foundation) -> Bootstrapped:
    """Make what is missing, in order; a killed run is completed by the next."""
    with progress.step("bootstrap") as step:
        for part in found.missing:
            step.now(part)
            backend.foundation.make(part)
        step.done(f"{len(found.missing)} of {len(Part)} parts made")
    return Bootstrapped(backend.place.environment, found.bucket, found.missing)
