"""Create what an environment needs before its first deploy, or complete it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hybridctl.domain.counting import count_noun
from hybridctl.domain.foundation import BucketPart, Foundation
from hybridctl.domain.iam.ci_role import CiAccessPlan, CiRole, Missing
from hybridctl.domain.iam.subject import (
    Subject,
    immutable_subject,
    make_subject,
    read_repository,
    subject_from_github,
)
from hybridctl.ports.machine import GitHub
from hybridctl.ports.release import HasPlace
from hybridctl.ports.run import Progress
from hybridctl.ports.terraform import HasCiAccess, HasFoundation


class BootstrapPorts(HasCiAccess, HasFoundation, HasPlace, Protocol):
    """The ports that a bootstrap uses."""


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """The result of a bootstrap: the state bucket, and CI's roles if requested.

    `made` and `ci_made` are the missing parts, created now unless `dry_run`. `ci_kept` are policies that someone has
    changed since hybridctl wrote them; they stay as they are. `subject` is the claim that the roles trust.
    """

    environment: str
    bucket: str
    made: tuple[BucketPart, ...]
    dry_run: bool = False
    roles: tuple[CiRole, ...] = ()
    ci_made: tuple[Missing, ...] = ()
    ci_kept: tuple[Missing, ...] = ()
    subject: Subject | None = None
    boundary: str = ""

    @property
    def is_complete(self) -> bool:
        return not self.made and not self.ci_made


def find_subject(github: GitHub, typed: str, *, template: str | None, branch: str | None) -> Subject:
    """Return the subject claim of the repository's jobs: as given, or as GitHub reports it."""
    repository = read_repository(typed)
    if template:
        return make_subject(template, branch)
    if repository.owner_id:
        return immutable_subject(repository, branch)
    answer = github.repository(repository.path)
    customization = github.subject_customization(repository.path)
    if not customization.get("use_default", True) and not customization.get("include_claim_keys"):
        customization = {**customization, **github.organization_customization(repository.owner)}
    return subject_from_github(repository, answer, customization, branch)


def look(
    backend: BootstrapPorts,
    access: CiAccessPlan | None = None,
    subject: Subject | None = None,
    *,
    overwrite: bool = False,
) -> Bootstrapped:
    """Return what exists and what is missing, without changing anything."""
    foundation: Foundation = backend.foundation.look()
    missing: Sequence[Missing] = backend.ci_access.look(access) if access else ()
    kept = () if overwrite else tuple(one for one in missing if one.found is not None)
    return Bootstrapped(
        backend.place.environment,
        foundation.bucket,
        foundation.missing,
        dry_run=True,
        roles=access.roles if access else (),
        ci_made=tuple(one for one in missing if one not in kept),
        ci_kept=kept,
        subject=subject,
        boundary=access.boundary.arn if access else "",
    )


def bootstrap(
    backend: BootstrapPorts, progress: Progress, found: Bootstrapped, access: CiAccessPlan | None
) -> Bootstrapped:
    """Create what is missing, in order. After a kill, the next run completes it."""
    if found.made:
        with progress.step("bootstrap") as step:
            for part in found.made:
                step.now(part)
                backend.foundation.make(part)
            step.done(f"{len(found.made)} of {len(BucketPart)} parts made")
    if access is not None and found.ci_made:
        with progress.step("ci") as step:
            for missing in found.ci_made:
                step.now(f"{missing.part} {missing.role}".rstrip())
                backend.ci_access.make(missing, access)
            step.done(f"{count_noun(len(found.ci_made), 'part')} made")
    return replace(found, dry_run=False)
