"""Build the package, verify that the build is reproducible, or compare it with the live version."""

from dataclasses import dataclass
from typing import Protocol

from hybridctl.domain.manifest import FileDifference, compare
from hybridctl.domain.package import Package
from hybridctl.errors import CheckFailed, NotDeployed
from hybridctl.ports.machine import Artifacts, HasArtifacts
from hybridctl.ports.release import HasFunctions, HasPlace


class BuildPorts(HasArtifacts, HasFunctions, HasPlace, Protocol):
    """The ports that comparing packages uses."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A package that was built from scratch several times with identical bytes."""

    package: Package
    builds: int = 2


@dataclass(frozen=True, slots=True)
class ExplainedBuild:
    """A package and how it differs from the live version's package."""

    package: Package
    version: int
    difference: FileDifference


def verify(artifacts: Artifacts) -> Verified:
    """Build twice from scratch. Raises CheckFailed naming the first file that differs."""
    package = artifacts.build()
    first, second = artifacts.scratch(), artifacts.scratch()
    if first.content != second.content:
        where = compare(first.members, second.members).first or "the zip itself"
        raise CheckFailed(
            f"two builds of the same source differ, first difference: {where}",
            hint="lock the requirements with their hashes",
        )
    if first.content != artifacts.content():
        where = compare(artifacts.members(), first.members).first or "the zip itself"
        raise CheckFailed(
            f"a build from scratch differs from {package.path.name}, first difference: {where}",
            hint=f"delete {package.path} and the cached builds, then build again",
        )
    return Verified(package)


def explain(backend: BuildPorts) -> ExplainedBuild:
    """Build, and return the files that differ from the live version."""
    package = backend.artifacts.build()
    alias = backend.functions.live()
    if alias is None:
        name = backend.place.environment
        raise NotDeployed(f"{name} is not deployed: there is nothing to compare with", hint=f"hybridctl deploy {name}")
    deployed = backend.functions.package(alias.version)
    return ExplainedBuild(package, alias.version, compare(backend.artifacts.members(), deployed))
