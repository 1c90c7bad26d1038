"""Reads what pip unpacked as entries of the zip: identical on every machine, and consistent with each RECORD."""

import base64
import csv
import hashlib
import io
from pathlib import Path, PurePosixPath

from hybridctl.adapters.packaging.archive import Entry, Installed
from hybridctl.adapters.packaging.machine_code import is_machine_code
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

_UNINSTALL_ONLY = {"INSTALLER", "REQUESTED", "direct_url.json"}


def read_installed(folder: Path, target: Target) -> Installed:
    """Read the files that were unpacked into `folder`. Raises BuildFailed for a distribution built for another
    platform.

    Scripts that start this machine's Python, and Windows executables, are left out. Each distribution's RECORD lists
    only packaged files (PEP 376), so `importlib.metadata.files` is correct on the function.
    """
    contents, left_out = {}, []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        if _is_of_this_machine(name):
            continue
        content = path.read_bytes()
        if _is_launcher(name, content):
            left_out.append(name)
        else:
            contents[name] = content
    for name, content in contents.items():
        if name.endswith(".dist-info/WHEEL"):
            _must_be_for(target, name, content.decode(errors="replace"))
    for name in [name for name in contents if name.endswith(".dist-info/RECORD")]:
        contents[name] = _record(name, contents)
    entries = (
        Entry.of(name, content, executable=bool((folder / name).stat().st_mode & 0o100))
        for name, content in sorted(contents.items())
    )
    return Installed(tuple(entries), tuple(left_out))


def _is_of_this_machine(name: str) -> bool:
    """Return whether only an uninstaller or this machine needs the file. Such files differ between machines."""
    path = PurePosixPath(name)
    if len(path.parts) == 2 and path.parts[0].endswith(".dist-info") and path.name in _UNINSTALL_ONLY:
        return True
    return path.suffix in (".pyc", ".pyo")


def _is_launcher(name: str, content: bytes) -> bool:
    """Return whether this is a script that starts this machine's interpreter, or one of distlib's launchers for
    Windows.
    """
    if name.startswith("bin/") and name.count("/") == 1:
        first = content[:200].split(b"\n")[0]
        return first.startswith(b"#!") and b"python" in content[:400]
    return name.endswith(".exe") and is_machine_code(content)


def _must_be_for(target: Target, name: str, wheel: str) -> None:
    """Compare a distribution's tags with the target (PEP 427). A distribution that pip built has this machine's tags.
    Raises BuildFailed.
    """
    tags = [line.removeprefix("Tag:").strip() for line in wheel.splitlines() if line.startswith("Tag:")]
    if tags and not any(target.accepts(tag) for tag in tags):
        raise BuildFailed(
            f"{name.partition('.dist-info')[0]} was built for {', '.join(tags)}, but the function is {target}",
            hint="require a released wheel for the function's platform instead of a repository or a source archive",
        )


def _record(name: str, contents: dict[str, bytes]) -> bytes:
    """Return the rows of pip's RECORD for packaged files, sorted by name."""
    rows = csv.reader(io.StringIO(contents[name].decode()))
    listed = {_beside(row[0]) for row in rows if row}
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\n")
    for one in sorted(listed & contents.keys()):
        content = contents[one]
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        out.writerow((one, "", "") if one == name else (one, f"sha256={digest}", len(content)))
    return written.getvalue().encode()


def _beside(listed: str) -> str:
    """Return the path below the folder. pip lists scripts relative to site-packages, as ../../bin/tool."""
    return listed.removeprefix("../../") if listed.startswith("../../") else listed
