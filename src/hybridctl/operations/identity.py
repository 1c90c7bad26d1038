"""Ensure, between apply and proof, that the released version runs exactly the package that was built."""

from typing import Protocol

from hybridctl.domain.code_identity import describe_other_code, is_code_of
from hybridctl.domain.package import Package
from hybridctl.domain.release import Version
from hybridctl.errors import CodeDiffers, VersionNotFound
from hybridctl.ports.machine import HasArtifacts
from hybridctl.ports.release import Functions, HasFunctions, HasPlace
from hybridctl.ports.run import Progress


class IdentityPorts(HasArtifacts, HasFunctions, HasPlace, Protocol):
    """The ports that the check of the code uses."""


def find_other_code(functions: Functions, version: int, package: Package) -> Version | None:
    """Return the version if it exists and runs other code than the package."""
    try:
        published = functions.read_version(version)
    except VersionNotFound:
        return None  # the proof says so
    return None if is_code_of(published, package) else published


def secure_identity(
    backend: IdentityPorts, progress: Progress, version: int, package: Package, functions: Functions | None = None
) -> int:
    """Return the version to release: this one, or a newly published one if this one runs other code than the package.

    `functions` are a worker's; without them, the API's function is used. Raises CodeDiffers if the function still has
    other code after the package was uploaded again; the alias was not moved.
    """
    functions = functions or backend.functions
    other = find_other_code(functions, version, package)
    if other is None:
        return version
    with progress.step("identity") as step:
        mismatch = describe_other_code(other, package)
        step.now(f"{mismatch}: uploading the package again")
        made = functions.upload(backend.artifacts.content())
        if not is_code_of(made, package):
            name = backend.place.environment
            raise CodeDiffers(
                f"{describe_other_code(made, package)}, although the package "
                "was uploaded again; the alias was not moved",
                hint=f"hybridctl build --explain {name} shows the difference from the live version",
            )
        step.done(f"{mismatch}: uploaded again as version {made.number}")
        return made.number
