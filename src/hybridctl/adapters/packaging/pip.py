"""Runs pip as a child process, with its own command line and environment."""

import ast
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hybridctl.adapters.disk import is_told
from hybridctl.adapters.packaging.requirement_files import Branch, DeclaredRequirements
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed
from hybridctl.files import disk_full, write_file

_RUNNER = Path(__file__).with_name("pip_for_target.py")
# Settings for package indexes and the network. All other user settings (user, target, dry-run, constraint, no-binary …)
# are meant for other installations.
_KEPT = (
    *("index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "cert", "client-cert", "proxy"),
    *("retries", "timeout", "default-timeout", "keyring-provider", "cache-dir", "no-cache-dir"),
    *("use-feature", "use-deprecated"),
)
_NO_CONFIG = {"PIP_CONFIG_FILE": os.devnull}
_GIT_SECONDS = 30.0
_FEW_RETRIES = {"PIP_RETRIES": "2"}  # with its default of five, pip takes half a minute to report a missing network


# Variables that change how this interpreter runs or what it prints.
_PYTHON = (
    *("PYTHONWARNINGS", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONVERBOSE", "PYTHONOPTIMIZE", "PYTHONDEBUG"),
    *("PYTHONIOENCODING", "PYTHONDEVMODE", "PYTHONTRACEMALLOC", "PYTHONPROFILEIMPORTTIME", "PYTHONDUMPREFS"),
    *("PYTHONFAULTHANDLER", "PYTHONASYNCIODEBUG", "PYTHONWARNDEFAULTENCODING", "PYTHONNODEBUGRANGES"),
)


@dataclass(frozen=True, slots=True)
class Pip:
    """The pip of the interpreter `python`, with a user's environment."""

    python: str
    environ: Mapping[str, str]

    def install(self, declared: DeclaredRequirements, folder: Path, target: Target) -> None:
        """Unpack the declared requirements into the empty `folder`. Raises BuildFailed if something is missing for the
        target.
        """
        file = declared.file
        line = [self.python, "-P", str(_RUNNER), json.dumps(target.markers), *argv(file, folder, target)]
        ran = self._run(line, environment(self.environ, self._read_configuration()))
        if ran.returncode != 0:
            from hybridctl.adapters.packaging.pip_failures import explain_failure
            from hybridctl.adapters.packaging.redaction import redact

            output = f"{ran.stdout}\n{ran.stderr}"
            if is_told(output):
                raise disk_full(f"installing {file.name}", folder)
            raise explain_failure(redact(output, declared.secrets), file.name, target, self.python)

    def install_here(
        self, pinned: Sequence[str], folder: Path, here: Target, hashes: Mapping[str, Sequence[str]]
    ) -> None:
        """Unpack wheels of `pinned` (name==version), without dependencies, for this machine's system and the Python of
        `here`.

        With `hashes`, pip accepts only files with these hashes.
        """
        asked = folder.with_suffix(".txt")
        write_file(asked, "".join(_requirement_line(one, hashes.get(one, ())) for one in pinned).encode())
        line = [*(self.python, "-P", "-m", "pip", *INSTALL), "--no-deps", f"--python-version={here.python}"]
        line += ["--implementation=cp", *(f"--abi={abi}" for abi in here.abis), f"--target={folder}"]
        line += ["--require-hashes"] if hashes else []
        ran = self._run([*line, f"--requirement={asked}"], environment(self.environ, self._read_configuration()))
        asked.unlink()
        if ran.returncode != 0:
            from hybridctl.adapters.packaging.pip_failures import explain_failure

            output = f"{ran.stdout}\n{ran.stderr}"
            if "DO NOT MATCH THE HASHES" in output:
                raise BuildFailed(
                    f"the lock has hashes of Lambda's platform alone, and none of what this machine needs of "
                    f"{', '.join(pinned)}",
                    hint="lock the hashes of all files of a release: uv pip compile --universal --generate-hashes",
                )
            raise explain_failure(output, " ".join(pinned), here, self.python)

    def commit(self, branch: Branch) -> str | None:
        """Return the current commit of a branch, tag or HEAD, or None if git cannot tell."""
        if branch.kind != "git":
            return None
        line = ["git", "ls-remote", "--quiet", branch.url, branch.ref, f"{branch.ref}^{{}}"]
        try:
            ran = subprocess.run(
                line,
                env=_quiet_git(self.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                timeout=_GIT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if ran.returncode != 0:
            return None
        found = [row.split("\t")[0] for row in ran.stdout.splitlines()]
        return found[-1] if found else branch.ref  # a short commit hash is not a reference and does not move

    def _read_configuration(self) -> str:
        if self.environ.get("PIP_CONFIG_FILE") == os.devnull:  # in pip this disables configuration files
            return ""
        others = {name: value for name, value in self.environ.items() if not name.startswith("PIP_")}
        files = {name: value for name, value in self.environ.items() if name == "PIP_CONFIG_FILE"}
        return self._run([self.python, "-P", "-m", "pip", "config", "list"], _plain(others | files)).stdout

    def _run(self, line: list[str], environ: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        nobody = subprocess.DEVNULL
        try:
            return subprocess.run(
                line, env=environ, stdin=nobody, capture_output=True, encoding="utf-8", errors="replace", check=False
            )
        except OSError as cause:
            raise BuildFailed(f"running pip by {self.python}: {cause.strerror}", hint="reinstall hybridctl") from cause


def _requirement_line(pinned: str, hashes: Sequence[str]) -> str:
    return " ".join([pinned, *(f"--hash={one}" for one in hashes)]) + "\n"


INSTALL = (
    *("install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--only-binary=:all:"),
    "--no-warn-conflicts",  # of the new set with pip's own environment: the check takes longer than the installation
)


def argv(requirements: Path, folder: Path, target: Target) -> list[str]:
    """Return pip's arguments: wheels only, for the target and not for this machine."""
    line = [*INSTALL, "--implementation=cp", f"--python-version={target.python}"]
    line += [f"--abi={abi}" for abi in target.abis]
    line += [f"--platform={tag}" for tag in target.platforms]
    if requirements.suffix == ".lock":
        line.append("--require-hashes")
    return [*line, f"--target={folder}", f"--requirement={requirements}"]


def environment(environ: Mapping[str, str], configured: str) -> dict[str, str]:
    """Return the child's environment. Of pip's settings in variables and files, only those for the index are kept.

    `configured` is the output of `pip config list`, one `section.name='value'` per line; install overrides global.
    """
    kept: dict[str, str] = {}
    for section in ("global", "install"):
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", configured, re.MULTILINE):
            if name in _KEPT:
                kept[_variable(name)] = " ".join(str(ast.literal_eval(value)).split())
    variables = {_variable(name) for name in _KEPT}
    ours = {
        name: value for name, value in environ.items() if not name.startswith("PIP_") or (value and name in variables)
    }
    return _FEW_RETRIES | kept | _quiet_git(_plain(ours)) | _NO_CONFIG


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without variables that change an interpreter's warnings, output or start."""
    return {name: value for name, value in environ.items() if name not in _PYTHON} | {"PYTHONUTF8": "1"}


def _quiet_git(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a git that works on other repositories and never prompts for a password."""
    from hybridctl.adapters.git import FOREIGN_GIT

    kept = {name: value for name, value in environ.items() if name not in FOREIGN_GIT}
    return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes"} | kept | {"GIT_TERMINAL_PROMPT": "0"}


def _variable(name: str) -> str:
    return f"PIP_{name.upper().replace('-', '_')}"
