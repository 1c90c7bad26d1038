"""The work tree: its commit, its user, and the few files that hybridctl keeps in it."""

import getpass
import json
import os
import socket
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from hybridctl.adapters.git import Git, GitUnable
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Source
from hybridctl.domain.values import Values
from hybridctl.errors import FileUnreadable, FileUnwritable, NotFound
from hybridctl.files import READABLE, read_json, read_text, write_file

_OFFERED = 30


@dataclass(eq=False, repr=False)
class GitCheckout:
    """A checkout at `root`, its private folder and its Terraform roots. It also works without git."""

    root: Path
    private: Path
    environments: Path
    environ: Mapping[str, str]
    packaged: Callable[[], Sequence[Path]] = tuple
    _written: list[Path] = field(default_factory=list, init=False)
    _source: Source | None = field(default=None, init=False)
    _actor: str = field(default="", init=False)
    _asking: Lock = field(default_factory=Lock, init=False)

    def disregard(self, path: Path) -> None:
        """Do not count this file as a change: hybridctl writes it. Call this before `source`."""
        self._written.append(path)

    def source(self) -> Source:
        """Return the source. git runs once, for the first thread; later calls return the same result."""
        with self._asking:
            if self._source is None:
                self._source = Git(self.root, self.environ).source(self.packaged, apart_from=self._written)
            return self._source

    def actor(self) -> str:
        """Return who releases: HYBRIDCTL_ACTOR, else the user who triggered a GitHub Actions run, else git's e-mail
        address, else the login. git runs once, for the first thread.
        """
        named = self.environ.get("HYBRIDCTL_ACTOR") or self.environ.get("GITHUB_ACTOR")
        if named:
            return named
        with self._asking:
            self._actor = self._actor or self._ask_actor()
            return self._actor

    def _ask_actor(self) -> str:
        try:
            return Git(self.root, self.environ).ask("config", "user.email").strip() or _login()
        except GitUnable:
            return _login()

    def host(self) -> str:
        return f"{socket.gethostname()}:{os.getpid()}"

    def remember_environment(self, name: str) -> None:
        """Make it the default of later commands. A folder that cannot be written is ignored."""
        with suppress(FileUnwritable):
            write_file(self.private / "last-environment", f"{name}\n".encode())

    def remember_releases(self, environment: str, ids: Sequence[str]) -> None:
        """Add ids for shell completion. A folder that cannot be written is ignored."""
        known = sorted({*self.list_releases(environment), *ids}, reverse=True)[:_OFFERED]
        with suppress(FileUnwritable):
            write_file(self._releases(environment), "".join(f"{one}\n" for one in known).encode())

    def list_releases(self, environment: str) -> Sequence[str]:
        """Return the release ids that this checkout knows, newest first: ids start with their time."""
        return _text(self._releases(environment)).split()

    def _releases(self, environment: str) -> Path:
        return self.private / "releases" / environment

    def keep_outputs(self, environment: str, outputs: Outputs) -> None:
        """Write the outputs as JSON, with sensitive values hidden, to a file with mode 0600. A folder that cannot be
        written is ignored: a checkout may be read-only, and the release that made them is done.
        """
        path = self.private / "outputs" / f"{environment}.json"
        with suppress(FileUnwritable):
            write_file(path, f"{json.dumps(outputs.shown, indent=2)}\n".encode())

    def save_variables(self, environment: str, variables: Mapping[str, str]) -> Path:
        """Add values to a file that Terraform reads automatically. Return its path relative to the checkout.

        Source: https://developer.hashicorp.com/terraform/language/values/variables (`*.auto.tfvars.json`).
        """
        path = self.environments / environment / "saved.auto.tfvars.json"
        values = {name: _json_value(text) for name, text in variables.items()}
        write_file(path, f"{json.dumps(dict(sorted({**_read_saved(path), **values}.items())), indent=2)}\n".encode())
        return path.relative_to(self.root)

    def values(self, environment: str) -> Values:
        """Return the values that the files of the Terraform root set. Raises NotFound if there is no such root.

        Reading a value that is set by an expression raises ConfigurationInvalid: only Terraform evaluates expressions.
        """
        root = self.environments / environment
        if not root.is_dir():
            raise NotFound(f"there is no Terraform root {root}", hint="see [terraform] in hybridctl.toml")
        from hybridctl.adapters.terraform.variables import read_values

        return read_values(root)

    def list_variables(self, environment: str) -> Collection[str] | None:
        """Return the variables that the Terraform root declares, or None if they cannot be read."""
        from hybridctl.adapters.terraform.variables import read_declared_variables

        return read_declared_variables(self.environments / environment)

    def outputs(self, environment: str) -> Collection[str] | None:
        """Return the outputs that the Terraform root declares, or None if they cannot be read."""
        from hybridctl.adapters.terraform.variables import read_declared

        folder = self.environments / environment
        return read_declared(folder, "output") if any(folder.glob("*.tf*")) else None

    def resources(self, environment: str) -> Sequence[Mapping[str, Any]]:
        """Return the resources that the Terraform root declares, as far as they are known without running Terraform."""
        from hybridctl.adapters.terraform.declared import read_declared_resources

        return read_declared_resources(self.environments / environment)

    def read(self, path: Path) -> str:
        """Read the text of a file, or of stdin for "-". Raises FileUnreadable."""
        return sys.stdin.read() if str(path) == "-" else read_text(path)

    def write(self, path: Path, text: str) -> None:
        """Replace a small file in one step; others may read it. Raises FileUnwritable."""
        write_file(path, text.encode(), mode=READABLE)


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except FileUnreadable:
        return ""


def _read_saved(path: Path) -> dict[str, object]:
    """Return the values that `deploy --save` stores. Raises FileUnreadable if they are not a JSON object."""
    hint = "correct it, or delete it"
    known = read_json(path, hint=hint) if path.exists() else {}
    if not isinstance(known, dict):
        raise FileUnreadable(f"reading {path}: it is not a JSON object", hint=hint)
    return known


def _json_value(text: str) -> object:
    """Parse a list, map, number or boolean; anything else stays a string. Terraform converts it to the variable's
    type.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
