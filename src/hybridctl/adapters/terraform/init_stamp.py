"""Whether `init` would change anything: all that it reads and all that it leaves behind, as one hash.

A stamp is written after an init that succeeded. While everything is as it was then, init has nothing to do. What cannot
be read has no hash, and init runs. Terraform compares the packages of the providers with the lock file itself at each
plan, so their sizes and times are enough here.
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
# Which providers init looks for, and where. https://developer.hashicorp.com/terraform/cli/config/config-file
_VARIABLES = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "HOME")
_MOST_FILES = 5_000  # of modules and providers; whoever has more than that can wait for init


class InitStamp:
    """The stamp beside the data folder `data` of the root `folder`."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder = folder
        self._data = data
        self._path = data.with_name(f"{data.name}.init")

    def matches(self, engine: Engine, line: Sequence[str], environ: Mapping[str, str]) -> bool:
        """Whether an init by this command line would find everything as a successful one has left it."""
        try:
            return read_text(self._path) == self._hash(engine, line, environ)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, FileUnreadable):
            return False

    def write(self, engine: Engine, line: Sequence[str], environ: Mapping[str, str]) -> None:
        """Remember what an init that just succeeded has read and left; without a stamp the next one runs."""
        try:
            write_file(self._path, self._hash(engine, line, environ).encode())
        except (OSError, ValueError, LookupError, TypeError, AttributeError, FileUnreadable, FileUnwritable):
            self.remove()

    def remove(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return  # it is not a file of ours, and `matches` says no

    def _hash(self, engine: Engine, line: Sequence[str], environ: Mapping[str, str]) -> str:
        variables = {name: environ.get(name) for name in _VARIABLES}
        attached = sorted(json.loads(environ.get("TF_REATTACH_PROVIDERS") or "{}"))  # where they listen may change
        facts = [_FORMAT, engine.name, engine.version, list(line), str(self._folder), variables, attached]
        digest = hashlib.sha256(json.dumps(facts).encode())
        for path in self._read_whole(environ):
            digest.update(f"{path}\0{hashlib.sha256(read_file(path)).hexdigest()}\n".encode())
        for path in _all_files(self._data / "providers"):
            found = path.stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def _read_whole(self, environ: Mapping[str, str]) -> Iterator[Path]:
        """The HCL of the root and of each module that init has found, the lock file, and what init has written."""
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
    """Every file below a folder, through links, as those to a cache of plugins are; ValueError for too many."""
    found: list[Path] = []
    for top, _, names in os.walk(folder, followlinks=True):
        found += (Path(top, name) for name in names)
        if len(found) > _MOST_FILES:
            raise ValueError(f"too many files below {folder}")
    return sorted(found)
