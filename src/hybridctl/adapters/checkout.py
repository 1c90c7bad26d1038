"""The work tree: its commit, who works in it, and the few things kept beside it."""

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
from hybridctl.files import read_json, read_text, write_file

_OFFERED = 30


@dataclass(eq=False, repr=False)
class GitCheckout:
    """A checkout at `root`, its private folder and Terraform roots; without git every answer is still an answer."""

    root: Path
    private: Path
    environments: Path
    environ: Mapping[str, str]
    packaged: Callable[[], Sequence[Path]] = tuple
    _source: Source | None = field(default=None, init=False)
    _asking: Lock = field(default_factory=Lock, init=False)

    def source(self) -> Source:
        """As it was when it was first asked for: git is asked once, by whichever thread comes first."""
        with self._asking:
            if self._source is None:
                self._source = Git(self.root, self.environ).source(self.packaged)
            return self._source

    def actor(self) -> str:
        """Who releases: in GitHub Actions the one who triggered the run, else the address git knows, else the login."""
        named = self.environ.get("HYBRIDCTL_ACTOR") or self.environ.get("GITHUB_ACTOR")
        if named:
            return named
        try:
            return Git(self.root, self.environ).ask("config", "user.email").strip() or _login()
        except GitUnable:
            return _login()

    def host(self) -> str:
        return f"{socket.gethostname()}:{os.getpid()}"

    def remember_environment(self, name: str) -> None:
        write_file(self.private / "last-environment", f"{name}\n".encode())

    def remember_releases(self, environment: str, ids: Sequence[str]) -> None:
        """Add to those that the shell offers after a Tab; a folder that cannot be written is no reason to stop."""
        known = sorted({*self.list_releases(environment), *ids}, reverse=True)[:_OFFERED]
        with suppress(FileUnwritable):
            write_file(self._releases(environment), "".join(f"{one}\n" for one in known).encode())

    def list_releases(self, environment: str) -> Sequence[str]:
        """The ids of releases met from this checkout, newest first: they begin with their time."""
        return _text(self._releases(environment)).split()

    def _releases(self, environment: str) -> Path:
        return self.private / "releases" / environment

    def keep_outputs(self, environment: str, outputs: Outputs) -> None:
        """Write the outputs as JSON, sensitive ones hidden, into a file of mode 0600."""
        path = self.private / "outputs" / f"{environment}.json"
        write_file(path, f"{json.dumps(outputs.shown, indent=2)}\n".encode())

    def save_variables(self, environment: str, variables: Mapping[str, str]) -> Path:
        """Add values to the file that Terraform reads by itself; returns its path below the checkout.

        Source: https://developer.hashicorp.com/terraform/language/values/variables (`*.auto.tfvars.json`).
        """
        path = self.environments / environment / "saved.auto.tfvars.json"
        values = {name: _json_value(text) for name, text in variables.items()}
        write_file(path, f"{json.dumps(dict(sorted({**_read_saved(path), **values}.items())), indent=2)}\n".encode())
        return path.relative_to(self.root)

    def values(self, environment: str) -> Values:
        """What the files of its Terraform root set, those that win included; NotFound where there is no such root.

        Asking for a value that is an expression raises ConfigurationInvalid: Terraform alone works it out.
        """
        root = self.environments / environment
        if not root.is_dir():
            raise NotFound(f"there is no Terraform root {root}", hint="see [terraform] in hybridctl.toml")
        from hybridctl.adapters.terraform.variables import read_values

        return read_values(root)

    def list_variables(self, environment: str) -> Collection[str] | None:
        """The variables that its Terraform root declares; None if they cannot be read."""
        from hybridctl.adapters.terraform.variables import read_declared_variables

        return read_declared_variables(self.environments / environment)

    def outputs(self, environment: str) -> Collection[str] | None:
        """The outputs that its Terraform root declares; None if they cannot be read."""
        from hybridctl.adapters.terraform.variables import read_declared

        folder = self.environments / environment
        return read_declared(folder, "output") if any(folder.glob("*.tf*")) else None

    def resources(self, environment: str) -> Sequence[Mapping[str, Any]]:
        """What its files say of the resources of its Terraform root, as far as they say it without Terraform."""
        from hybridctl.adapters.terraform.declared import read_declared_resources

        return read_declared_resources(self.environments / environment)

    def read(self, path: Path) -> str:
        """The text of a file, or for "-" of stdin; FileUnreadable says why it cannot be read."""
        return sys.stdin.read() if str(path) == "-" else read_text(path)

    def write(self, path: Path, text: str) -> None:
        """Replace a small file that others may read in one step; raises FileUnwritable naming it."""
        write_file(path, text.encode(), mode=0o644)


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except FileUnreadable:
        return ""


def _read_saved(path: Path) -> dict[str, object]:
    """The values that `deploy --save` keeps; FileUnreadable when they are no JSON object."""
    hint = "correct it, or delete it"
    known = read_json(path, hint=hint) if path.exists() else {}
    if not isinstance(known, dict):
        raise FileUnreadable(f"reading {path}: it is not a JSON object", hint=hint)
    return known


def _json_value(text: str) -> object:
    """A list, map, number or truth value as such, anything else as a string: Terraform converts it to the type."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
