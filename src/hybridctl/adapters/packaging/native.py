"""The machine code of a package, resolved again for this machine: the sandbox runs it, the package stays as it is."""

import csv
import hashlib
import io
import platform
import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from hybridctl.adapters.packaging.pip import Pip
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "amd64": "x86_64", "x86_64": "x86_64"}


def resolve_here(
    archive: Path, machine_code: Sequence[str], python: str, pip: Pip, cache: Path
) -> tuple[Path, list[str]]:
    """Install the released distributions that bring `machine_code` for this machine and a Python such as "3.13".

    Returns the folder with them and their names with versions, from `cache` when they are there. Raises BuildFailed
    for machine code that no distribution of the package lists, and for a distribution without a wheel for this machine.
    """
    pinned = _pin(archive, machine_code)
    here = Target(f"python{python}", _ARCHITECTURES.get(platform.machine().lower(), "x86_64"))
    key = hashlib.sha256("\n".join([*pinned, str(here), platform.system()]).encode()).hexdigest()[:24]
    folder = cache / key
    if not folder.exists():
        fresh = cache / f"{key}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        pip.install_here(pinned, fresh, here)
        fresh.rename(folder)
    return folder, pinned


def _pin(archive: Path, machine_code: Sequence[str]) -> list[str]:
    """Return name==version of each distribution that is built for a platform; BuildFailed names what has none."""
    pinned, listed = [], set[str]()
    with zipfile.ZipFile(archive) as package:
        for wheel in (name for name in package.namelist() if re.fullmatch(r"[^/]+\.dist-info/WHEEL", name)):
            text = package.read(wheel).decode(errors="replace")
            tags = re.findall(r"^Tag:\s*(\S+)", text, re.MULTILINE)
            if all(tag.endswith("-any") for tag in tags):
                continue
            folder = wheel.removesuffix("/WHEEL")
            name, _, version = folder.removesuffix(".dist-info").rpartition("-")
            pinned.append(f"{name}=={version}")
            rows = csv.reader(io.StringIO(package.read(f"{folder}/RECORD").decode()))
            listed |= {row[0] for row in rows if row}
    if loose := [name for name in machine_code if name not in listed]:
        raise BuildFailed(
            f"{loose[0]} belongs to no released distribution", hint="require a package that has wheels instead"
        )
    return sorted(pinned)
