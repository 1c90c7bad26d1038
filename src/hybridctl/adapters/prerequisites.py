"""The requirements of hybridctl on this machine."""

import importlib.util
import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hybridctl.adapters.git import Git
from hybridctl.adapters.process import is_alive
from hybridctl.adapters.terraform.engine import find_engine
from hybridctl.domain.counting import count_noun
from hybridctl.domain.engine import Engine
from hybridctl.domain.package import Package
from hybridctl.errors import ConfigurationInvalid, FileUnwritable, NotFound, SandboxFailed
from hybridctl.sandbox.interpreters import find_python

_SANDBOX_PARTS = ("ministack", "uvicorn", "tf", "awslambdaric")
_PROXY_SECONDS = 1.0
ROOM_GB = 1  # for the unpacked hashicorp/aws provider


@dataclass(eq=False, repr=False)
class ThisMachine:
    """This machine, and the checkout at `root`. `needed` are the folders in hybridctl.toml, by their key."""

    root: Path
    private: Path
    wanted_engine: str | None
    environ: Mapping[str, str]
    needed: Mapping[str, Path]

    def python(self) -> str:
        return f"{'.'.join(map(str, sys.version_info[:3]))} in {sys.prefix}"

    def git(self) -> str:
        path = shutil.which("git", path=self.environ.get("PATH"))
        if path is None:
            raise NotFound(
                "git is not on PATH, so releases cannot record their commit",
                hint="install git",
            )
        return path

    def git_doubt(self) -> str:
        """Return why a release from here could not record its commit, or ""."""
        return Git(self.root, self.environ).source().doubt

    def function_python(self, runtime: str) -> str:
        """Return the version of Python that runs a function in the sandbox."""
        python = find_python(runtime, self.environ)
        return python[1] if python else ".".join(map(str, sys.version_info[:3]))

    def unable_to_run(self, runtime: str, architecture: str) -> str:
        """Return why machine code for this platform does not run here, such as "this machine is x86_64", or ""."""
        machine = {"aarch64": "arm64", "arm64": "arm64", "amd64": "x86_64"}.get(platform.machine().lower())
        machine = machine or platform.machine().lower()
        if sys.platform != "linux":
            return f"this machine is {sys.platform}"
        if machine != architecture:
            return f"this machine is {machine}"
        return "" if find_python(runtime, self.environ) else f"{runtime} is not installed on this machine"

    def unable_to_isolate(self) -> str:
        """Return what functions can do in the sandbox of this machine but not on AWS, or ""."""
        from hybridctl.sandbox.cloud.runtime.isolation import is_possible

        if is_possible():
            return ""
        return (
            "this machine has no mount namespaces for it, so a function can write outside /tmp here, and shares /tmp "
            "with others: on AWS such a write fails"
        )

    def provide_machine_code(self, package: Package, runtime: str) -> Sequence[str]:
        """Resolve a package's machine code for this machine and the sandbox. Return the distributions.

        Raises BuildFailed if they are not available.
        """
        from hybridctl.adapters.packaging.native import resolve_here
        from hybridctl.adapters.packaging.pip import Pip
        from hybridctl.sandbox.home import Home

        python = self.function_python(runtime).rpartition(".")[0]
        cache = self.private / "build" / "machine-code"
        folder, pinned = resolve_here(
            package.path,
            package.machine_code,
            python,
            Pip(sys.executable, self.environ),
            cache,
            self.needed["function.source"] / "requirements.lock",
        )
        Home(self.private / "sandbox").provide_machine_code(package.sha256, folder)
        return pinned

    def private_folder(self) -> str:
        """Write a test file to the private folder. Return a description of the folder."""
        private = self.private
        try:
            private.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=private)
            os.close(handle)
            Path(name).unlink()
        except OSError as cause:
            raise FileUnwritable(
                f"{private} cannot be written: {cause.strerror}", hint="check its owner and permissions"
            ) from cause
        free = shutil.disk_usage(private).free / 1e9
        if free < ROOM_GB:
            raise FileUnwritable(
                f"{private}: only {free:.1f} GB free", hint=f"free some space: Terraform needs {ROOM_GB} GB"
            )
        return f"{private.relative_to(self.root)} is writable, {free:.0f} GB free"

    def engine(self) -> Engine:
        return find_engine(self.wanted_engine, self.environ)

    def source(self) -> str:
        """Return where handler and HCL are. Raises ConfigurationInvalid for a folder that does not exist."""
        for key, folder in self.needed.items():
            if not folder.is_dir():
                raise ConfigurationInvalid(
                    f"there is no folder {folder}", hint=f"correct {key} in {self.root / 'hybridctl.toml'}"
                )
        return " and ".join(folder.relative_to(self.root).as_posix() for folder in self.needed.values())

    def sandbox(self) -> str:
        missing = [name for name in _SANDBOX_PARTS if importlib.util.find_spec(name) is None]
        if missing:
            raise SandboxFailed(
                f"the sandbox's packages are not installed: {', '.join(missing)}",
                hint="pip install 'hybridctl[sandbox]'",
            )
        return "its packages are installed"

    def http_client(self) -> str:
        """Create the client for the public endpoint. Raises ConfigurationInvalid, which names the wrong setting."""
        from hybridctl.adapters.http import Urllib3Probe

        Urllib3Probe(self.environ).prepare()
        return "works with this machine's proxy and certificate settings"

    def proxy(self) -> str:
        """Connect to the proxy for AWS and return its address. Raises NotFound if it does not accept the connection."""
        environ = self.environ
        name = next((one for one in ("HTTPS_PROXY", "https_proxy") if environ.get(one)), None)
        if name is None:
            return "no proxy for AWS"
        try:
            parts = urlsplit(environ[name] if "://" in environ[name] else f"http://{environ[name]}")
            host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            host, port = None, 0
        if not host:
            raise ConfigurationInvalid(f"{name} is not a proxy address", hint=f"correct it, or: unset {name}")
        try:
            socket.create_connection((host, port), timeout=_PROXY_SECONDS).close()
        except OSError as cause:
            raise NotFound(
                f"the proxy {host}:{port} in {name} does not respond: {cause}", hint=f"start it, or: unset {name}"
            ) from cause
        return f"{host}:{port} ({name})"

    def leftovers(self) -> Sequence[str]:
        """Return plan files of processes that have died. Their names end with the process id."""
        return [path.name for path in self._dead_plans()]

    def remove_leftovers(self) -> str:
        dead = self._dead_plans()
        for path in dead:
            path.unlink(missing_ok=True)
        return f"deleted {count_noun(len(dead), 'plan file')}"

    def _dead_plans(self) -> list[Path]:
        plans = sorted((self.private / "terraform" / "plans").glob("*.tfplan"))
        owners = ((path, path.stem.rpartition("-")[2]) for path in plans)
        return [path for path, pid in owners if pid.isdecimal() and not is_alive(pid)]
