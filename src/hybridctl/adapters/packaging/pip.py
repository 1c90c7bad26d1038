"""pip, as a child process: its command line, its environment, and what its failures mean."""

import ast
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

_RUNNER = Path(__file__).with_name("pip_for_target.py")
# Where packages come from and how they are reached; everything else of a user's settings (user, target, dry-run,
# constraint, no-binary …) is about other installations than this one.
_KEPT = (
    *("index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "cert", "client-cert", "proxy"),
    *("retries", "timeout", "default-timeout", "keyring-provider", "cache-dir", "no-cache-dir"),
    *("use-feature", "use-deprecated"),
)
_NO_CONFIG = {"PIP_CONFIG_FILE": os.devnull}
_FEW_RETRIES = {"PIP_RETRIES": "2"}  # pip's own five take half a minute to find that there is no network


@dataclass(frozen=True, slots=True)
class Pip:
    """The pip of the interpreter `python`, in a user's environment."""

    python: str
    environ: Mapping[str, str]

    def install(self, requirements: Path, folder: Path, target: Target) -> None:
        """Unpack what `requirements` names into the empty `folder`; BuildFailed says what is missing for the target."""
        line = [self.python, "-P", str(_RUNNER), json.dumps(target.markers), *argv(requirements, folder, target)]
        ran = self._run(line, environment(self.environ, self._configured()))
        if ran.returncode != 0:
            raise explained(ran.stderr, requirements.name, target, self.python)

    def _configured(self) -> str:
        if self.environ.get("PIP_CONFIG_FILE") == os.devnull:  # pip's own way of saying: no files
            return ""
        others = {name: value for name, value in self.environ.items() if not name.startswith("PIP_")}
        files = {name: value for name, value in self.environ.items() if name == "PIP_CONFIG_FILE"}
        return self._run([self.python, "-P", "-m", "pip", "config", "list"], others | files).stdout

    def _run(self, line: list[str], environ: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        nobody = subprocess.DEVNULL
        try:
            return subprocess.run(
                line, env=environ, stdin=nobody, capture_output=True, encoding="utf-8", errors="replace", check=False
            )
        except OSError as cause:
            raise BuildFailed(
                f"running pip by {self.python}: {cause.strerror}", hint="install hybridctl anew"
            ) from cause


def argv(requirements: Path, folder: Path, target: Target) -> list[str]:
    """pip's arguments: wheels only, for the target and not for this machine."""
    line = ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--only-binary=:all:"]
    line += ["--implementation=cp", f"--python-version={target.python}"]
    line += [f"--abi={abi}" for abi in target.abis]
    line += [f"--platform={tag}" for tag in target.platforms]
    if requirements.suffix == ".lock":
        line.append("--require-hashes")
    return [*line, f"--target={folder}", f"--requirement={requirements}"]


def environment(environ: Mapping[str, str], configured: str) -> dict[str, str]:
    """The child's environment: of pip's settings, from variables and configuration files, only those of the index.

    `configured` is what `pip config list` prints, one `section.name='value'` a line; install overrides global.
    """
    kept: dict[str, str] = {}
    for section in ("global", "install"):
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", configured, re.MULTILINE):
            if name in _KEPT:
                kept[_variable(name)] = " ".join(str(ast.literal_eval(value)).split())
    said = {_variable(name) for name in _KEPT}
    ours = {name: value for name, value in environ.items() if not name.startswith("PIP_") or (value and name in said)}
    return _FEW_RETRIES | kept | ours | _NO_CONFIG


def explained(said: str, file: str, target: Target, python: str) -> BuildFailed:
    """What pip's many lines come to, and the next step."""
    where = f"{file} for {target}"
    if "ERROR: no pip" in said:
        return BuildFailed(f"{python} has no pip to resolve {file} with", hint=f"{python} -m ensurepip")
    if "ERROR: unknown pip" in said:
        return BuildFailed(f"{python} has a pip that hybridctl does not know", hint="update hybridctl, or pin pip")
    if "DO NOT MATCH THE HASHES" in said or "hashes are required" in said.lower():
        return BuildFailed(f"{where}: a package does not match its locked hash", hint="lock the requirements anew")
    missing = re.search(r"No matching distribution found for (.+?)(?: \(from |$)", said, re.MULTILINE)
    if missing and re.search(r"Retrying \(|connection broken|Could not fetch URL", said):
        return BuildFailed(
            f"{where}: the package index cannot be reached", hint="check the network and `pip config list`"
        )
    if missing:
        return BuildFailed(
            f"{where}: {missing[1]} has no wheel for this platform",
            hint="pin a version that has one, or a pure Python replacement; pip cannot build for another platform",
        )
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR")]
    told = errors[0] if errors else (said.splitlines() or ["pip failed"])[-1]
    return BuildFailed(f"{where}: {' '.join(told.split())}", hint=f"correct {file}")


def _variable(name: str) -> str:
    return f"PIP_{name.upper().replace('-', '_')}"
