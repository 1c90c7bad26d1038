"""Whether `init` would change anything, decided by a hash of everything that it reads and writes.

A stamp is written after a successful init. If everything is unchanged since then, init has nothing to do. If something
cannot be read, there is no hash, and init runs. Terraform itself compares the provider packages with the lock file at
each plan, so their sizes and times are enough here.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hybridctl.domain.engine import Engine
from hybridctl.errors import FileUnreadable, FileUnwritable
from hybridctl.files import read_file, read_text, write_file

_FORMAT = 1
_CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json", ".terraform.lock.hcl")
# They decide which providers init looks for, and where.
# https://developer.hashicorp.com/terraform/cli/config/config-file
_VARIABLES = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "HOME")
_MOST_FILES = 5_000  # of modules and providers; with more files, init always runs


class InitStamp:
    """The stamp beside the data folder `data` of the root `folder`."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder = folder
        self._data = data
        self._path = data.with_name(f"{data.name}.init")

    def matches(self, engine: Engine, line: Sequence[str], environ: Mapping[str, str]) -> bool:
        """Return whether everything is as the last successful init with this command line left it."""
        try:
            return read_text(self._path) == self._hash(engine, line, environ)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, FileUnreadable):
            return False

    def write(self, engine: Engine, line: Sequence[str], environ: Mapping[str, str]) -> None:
        """Store the hash after a successful init. If that fails, the next init runs."""
        try:
            write_file(self._path, self._hash(engine, line, environ).encode())
        except (OSError, ValueError, LookupError, TypeError, AttributeError, FileUnreadable, FileUnwritable):
            self.remove()

    def remove(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return  # it is not our file, and `matches` returns False

    def _hash(self, engine: Engine, line: Sequence[str], environ: Mapping[str, str]) -> str:
        variables = {name: environ.get(name) for name in _VARIABLES}
        attached = sorted(json.loads(environ.get("TF_REATTACH_PROVIDERS") or "{}"))  # their addresses may change
        facts = [_FORMAT, engine.name, engine.version, list(line), str(self._folder), variables, attached]
        digest = hashlib.sha256(json.dumps(facts).encode())
        for path in self._read_whole(environ):
            digest.update(f"{path}\0{hashlib.sha256(read_file(path)).hexdigest()}\n".encode())
        for path in _all_files(self._data / "providers"):
            found = path.stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def _read_whole(self, environ: Mapping[str, str]) -> Iterator[Path]:
        """Yield the files that are read completely: the HCL of the root and of init's modules, the lock file, and files
        that init wrote.
        """
        listed = self._data / "modules" / "modules.json"
        folders = {self._folder}
        if listed.exists():
            folders |= {self._folder / module["Dir"] for module in json.loads(read_text(listed))["Modules"]}
            yield listed
        for folder in sorted(folders):
            yield from sorted(path for path in folder.iterdir() if path.name.endswith(_CONFIGURATION))
        yield self._data / "terraform.tfstate"  # the backend
        settings = environ.get("TF_CLI_CONFIG_FILE") or Path(environ.get("HOME", "/"), ".terraformrc")
        if Path(settings).exists():
            yield Path(settings)


def _all_files(folder: Path) -> list[Path]:
    """Return every file below a folder, following links, such as those to a plugin cache. Raises ValueError for too
    many files.
    """
    found: list[Path] = []
    for top, _, names in os.walk(folder, followlinks=True):
        found += (Path(top, name) for name in names)
        if len(found) > _MOST_FILES:
            raise ValueError(f"too many files below {folder}")
    return sorted(found)
