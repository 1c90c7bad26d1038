"""Resolves a package's machine code for this machine, so that the sandbox can run it. The package is unchanged."""

import csv
import hashlib
import io
import platform
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hybridctl.adapters.packaging.pip import Pip
from hybridctl.adapters.packaging.requirement_lines import read_lines
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "amd64": "x86_64", "x86_64": "x86_64"}


def resolve_here(
    archive: Path, machine_code: Sequence[str], python: str, pip: Pip, cache: Path, lock: Path | None = None
) -> tuple[Path, list[str]]:
    """Install the distributions that contain `machine_code`, for this machine and a Python such as "3.13".

    Return the folder and the distributions with versions; `cache` is used if it has them. With a `lock`, pip accepts
    only files with a hash in it. Raises BuildFailed for machine code that no distribution in the package lists, for a
    distribution without a wheel for this machine, and for a distribution without a hash in the lock.
    """
    pinned = _pin(archive, machine_code)
    hashes = _read_hashes(lock, pinned, pip.environ) if lock and lock.is_file() else {}
    here = Target(f"python{python}", _ARCHITECTURES.get(platform.machine().lower(), "x86_64"))
    inputs = [*pinned, str(here), platform.system(), *(one for several in hashes.values() for one in several)]
    key = hashlib.sha256("\n".join(inputs).encode()).hexdigest()[:24]
    folder = cache / key
    if not folder.exists():
        fresh = cache / f"{key}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        pip.install_here(pinned, fresh, here, hashes)
        fresh.rename(folder)
    return folder, pinned


def _pin(archive: Path, machine_code: Sequence[str]) -> list[str]:
    """Return name==version of each platform-specific distribution. Raises BuildFailed for machine code of no
    distribution.
    """
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


def _read_hashes(lock: Path, pinned: Sequence[str], environ: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the lock's hashes of each pinned release. Raises BuildFailed for a release without hashes."""
    held: dict[str, list[str]] = {}
    for line in read_lines(lock, environ):
        match = re.match(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;,]+)", line.requirement)
        if match:
            held[f"{_plain(match[1])}=={match[2]}"] = [
                word.removeprefix("--hash=") for word in line.options if word.startswith("--hash=")
            ]
    hashes = {one: held.get(f"{_plain(one.partition('==')[0])}=={one.partition('==')[2]}", []) for one in pinned}
    if missing := next((one for one, several in hashes.items() if not several), None):
        raise BuildFailed(f"{lock.name} has no hash of {missing}", hint="lock the requirements again, with hashes")
    return hashes


def _plain(name: str) -> str:
    """Return a distribution's normalized name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
