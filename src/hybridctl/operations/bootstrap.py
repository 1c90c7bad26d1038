"""The ground that an environment stands on, made once, and completed where it is only half there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hybridctl.domain.foundation import Foundation, Part
from hybridctl.domain.iam.ci_role import CiRole, Missing
from hybridctl.ports import Backend, Progress


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """The state bucket, and CI's roles where they were asked for.

    `made` and `ci_made` are the parts that were missing, made now unless `dry_run`.
    """

    environment: str
    bucket: str
    made: tuple[Part, ...]
    dry_run: bool = False
    roles: tuple[CiRole, ...] = ()
    ci_made: tuple[Missing, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.made and not self.ci_made


def look(backend: Backend, roles: Sequence[CiRole]) -> Bootstrapped:
    """What is there and what is missing; nothing is changed."""
    found: Foundation = backend.foundation.look()
    missing = backend.ci_access.look(roles) if roles else ()
    return Bootstrapped(
        backend.place.environment, found.bucket, found.missing, dry_run=True, roles=tuple(roles), ci_made=missing
    )


def bootstrap(backend: Backend, progress: Progress, found: Bootstrapped) -> Bootstrapped:
    """Make what is missing, in order; a killed run is completed by the next."""
    if found.made:
        with progress.step("bootstrap") as step:
            for part in found.made:
                step.now(part)
                backend.foundation.make(part)
            step.done(f"{len(found.made)} of {len(Part)} parts made")
    if found.ci_made:
        with progress.step("ci") as step:
            for missing in found.ci_made:
                step.now(f"{missing.part} {missing.role}".rstrip())
                backend.ci_access.make(missing, found.roles)
            step.done(f"{len(found.ci_made)} parts made")
    return replace(found, dry_run=False)
