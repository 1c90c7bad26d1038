"""Whether a published version runs exactly the package it is recorded with.

Terraform's provider uploads the code when `source_code_hash` changes and never compares it with the function again: an
apply that failed after storing the hash, or code edited in the console, is not seen by a plan
(hashicorp/terraform-provider-aws#42826).
"""

from hybridctl.domain.package import Package
from hybridctl.domain.release import Version


def is_code_of(version: Version, package: Package) -> bool:
    return version.sha256 == package.sha256


def describe_other_code(version: Version, package: Package) -> str:
    """One line: which version, and both hashes, shortened."""
    return (
        f"version {version.number} contains other code (CodeSha256 "
        f"{version.sha256[:12]}…) than build {package.build} ({package.sha256[:12]}…)"
    )
