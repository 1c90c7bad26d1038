"""Check that a published version runs exactly the package that its record names.

Terraform's provider uploads the code when `source_code_hash` changes, but never compares it with the function again. A
plan therefore does not detect an apply that failed after it stored the hash, or code edited in the console
(hashicorp/terraform-provider-aws#42826).
"""

from hybridctl.domain.package import Package
from hybridctl.domain.release import Version


def is_code_of(version: Version, package: Package) -> bool:
    return version.sha256 == package.sha256


def describe_other_code(version: Version, package: Package) -> str:
    """Return one line with the version and both shortened hashes."""
    return (
        f"version {version.number} contains other code (CodeSha256 "
        f"{version.sha256[:12]}…) than build {package.build} ({package.sha256[:12]}…)"
    )
