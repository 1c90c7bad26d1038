"""The zip that `filename` names. Terraform's path is relative to where Terraform runs, which is not where this runs.

hashicorp/aws is started by Terraform and shares its working directory; this provider is reattached. On Linux the kernel
tells which processes are at the other end of the provider's sockets, and /proc where those work.
"""

import base64
import hashlib
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from hybridctl.sandbox.provider.resource import Problem

DESCRIPTORS = Path("/proc/self/fd")
PEER = struct.Struct("3i")  # struct ucred: pid, uid, gid

Folders = Callable[[], Iterable[Path]]


def read_package(filename: str, digest: str | None, folders: Folders | None = None) -> bytes:
    """The file's bytes. Where Terraform runs in several folders, the file whose hash is `digest` is meant."""
    path = Path(filename).expanduser()
    candidates = [path] if path.is_absolute() else [folder / path for folder in (folders or callers)()]
    found = [_bytes(candidate, filename) for candidate in candidates if candidate.is_file()]
    if not found:
        hint = "" if candidates else "The sandbox cannot tell in which folder Terraform runs: give an absolute path."
        raise Problem(f"reading ZIP file ({filename}): no such file", hint, ("filename",))
    return next((content for content in found if _digest(content) == digest), found[0])


def callers() -> Iterator[Path]:
    """The working directories of the processes that are connected to this one by a unix socket, each once."""
    known = {os.getpid()}
    for descriptor in os.listdir(DESCRIPTORS) if DESCRIPTORS.is_dir() else ():
        pid = _peer(int(descriptor))
        if pid is not None and pid not in known:
            known.add(pid)
            try:
                yield Path(f"/proc/{pid}/cwd").readlink()
            except OSError:
                continue  # it has ended, or is someone else's


def _peer(descriptor: int) -> int | None:
    """The process at the other end, if this descriptor is a connected unix socket."""
    try:
        copy = os.dup(descriptor)
    except OSError:
        return None  # closed since it was listed
    try:
        connection = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)  # no socket, and so not taken over by one
        return None
    with connection:
        if connection.family != socket.AF_UNIX:
            return None
        try:
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
        except OSError:
            return None
    pid: int = PEER.unpack(raw)[0]
    return pid or None


def _bytes(path: Path, filename: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"reading ZIP file ({filename}): {error.strerror}", path=("filename",)) from error


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
