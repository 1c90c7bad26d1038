"""The published versions of a function, as somebody names them."""

from hybridctl.errors import VersionNotFound
from hybridctl.ports.release import Functions


def list_numbers(functions: Functions) -> list[int]:
    """The numbers of all published versions, oldest first."""
    return [version.number for version in functions.versions()]


def must_be_published(functions: Functions, version: int, name: str, hint: str = "hybridctl releases") -> None:
    """Return if the function called `name` has that version; VersionNotFound otherwise."""
    if version not in list_numbers(functions):
        raise VersionNotFound(f"version {version} of {name} is not published", hint=hint)
