"""Reads a package that was built elsewhere, and keeps it until its source changes."""

import io
import posixpath
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hybridctl.adapters.packaging.archive import Zip
from hybridctl.adapters.packaging.artifacts import LambdaPackage
from hybridctl.domain.secrets import secret_reason
from hybridctl.errors import BuildFailed

_NAME = "the function's package"


@dataclass(frozen=True, slots=True)
class ExistingPackages:
    """Zips of existing functions. `open_package` opens the package of a project's folder."""

    open_package: Callable[[Path], LambdaPackage]

    def members(self, content: bytes) -> Mapping[str, bytes]:
        """Return all files by name; links are replaced by their targets. Raises BuildFailed for a name or link outside
        the zip.
        """
        archive = Zip(io.BytesIO(content), _NAME)
        found = dict(archive.each())
        for name, target in archive.links().items():
            meant = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            if meant not in found:
                raise BuildFailed(f"{name} in {_NAME} is a link to {target}, which is not in it")
            found[name] = found[meant]
        for name in found:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name:
                raise BuildFailed(f"{name} in {_NAME} leads out of it", hint="package the function again")
        return dict(sorted(found.items()))

    def executables(self, content: bytes) -> Collection[str]:
        return Zip(io.BytesIO(content), _NAME).executables()

    def secrets(self, members: Mapping[str, bytes]) -> tuple[str, ...]:
        """Return the names of files that a build would refuse because they look like secrets."""
        return tuple(name for name, content in members.items() if secret_reason(name, content))

    def keep(self, project: Path, content: bytes) -> None:
        self.open_package(project).keep(content)
