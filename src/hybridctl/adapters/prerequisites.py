"""This machine, as far as hybridctl depends on it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.domain.engine import Engine
from hybridctl.errors import FileUnwritable, NotFound


class ThisMachine:
    def __init__(self, root: Path, private: Path, wanted_engine: str | None, environ: Mapping[str, str]) -> None:
        self._root = root
        self._private = private
        self._wanted_engine = wanted_engine
        self._environ = environ

    def python(self) -> str:
        return f"{'.'.join(map(str, sys.version_info[:3]))} in {sys.prefix}"

    def git(self) -> str:
        path = shutil.which("git", path=self._environ.get("PATH"))
        if path is None:
            raise NotFound("git is not on PATH, so releases cannot name their commit", hint="install git")
        return path

    def private_folder(self) -> str:
        """The folder, after a file was really written there."""
        try:
            self._private.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._private)
            os.close(handle)
            Path(name).unlink()
        except OSError as cause:
            raise FileUnwritable(
                f"{self._private} cannot be written: {cause.strerror}", hint="check its owner and permissions"
            ) from cause
        free = shutil.disk_usage(self._private).free / 1e9
        if free < 1:
            raise FileUnwritable(
                f"{self._private}: only {free:.1f} GB are free", hint="make room: Terraform needs 1 GB"
            )
        return f"{self._private.relative_to(self._root)}, {free:.0f} GB free"

    def engine(self) -> Engine:
        return find_engine(self._wanted_engine, self._environ)
