"""What pip unpacked, as entries of the zip: the same on every machine, and true to its own list of files."""

import base64
import csv
import hashlib
import io
from pathlib import Path, PurePosixPath

from hybridctl.adapters.packaging.archive import Entry
from hybridctl.adapters.packaging.installed import Installed
from hybridctl.adapters.packaging.machine_code import is_machine_code
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

_UNINSTALL_ONLY = {"INSTALLER", "REQUESTED", "direct_url.json"}


def read_installed(folder: Path, target: Target) -> Installed:
    """Read what was unpacked into `folder`; BuildFailed names a distribution that was built for another platform.

    Scripts that start this machine's Python, and programs of Windows, are left out. Each distribution's RECORD lists
    what is packaged (PEP 376), so `importlib.metadata.files` is right on the function.
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
    """Whether only an uninstaller or this machine needs it; all of it would differ from machine to machine."""
    path = PurePosixPath(name)
    if len(path.parts) == 2 and path.parts[0].endswith(".dist-info") and path.name in _UNINSTALL_ONLY:
        return True
    return path.suffix in (".pyc", ".pyo")


def _is_launcher(name: str, content: bytes) -> bool:
    """A script whose first line names this machine's interpreter, or a launcher that distlib brings for Windows."""
    if name.startswith("bin/") and name.count("/") == 1:
        first = content[:200].split(b"\n")[0]
        return first.startswith(b"#!") and b"python" in content[:400]
    return name.endswith(".exe") and is_machine_code(content)


def _must_be_for(target: Target, name: str, wheel: str) -> None:
    """Compare the tags that a distribution was built with (PEP 427): one that pip built itself has this machine's."""
    tags = [line.removeprefix("Tag:").strip() for line in wheel.splitlines() if line.startswith("Tag:")]
    if tags and not any(target.accepts(tag) for tag in tags):
        raise BuildFailed(
            f"{name.partition('.dist-info')[0]} was built for {', '.join(tags)}, but the function is {target}",
            hint="require a released wheel for the function's platform instead of a repository or a source archive",
        )


def _record(name: str, contents: dict[str, bytes]) -> bytes:
    """The rows of pip's RECORD whose files are packaged, in the order of names."""
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
    """The name below the folder: pip lists scripts as they lie beside a usual site-packages, as ../../bin/tool."""
    return listed.removeprefix("../../") if listed.startswith("../../") else listed
