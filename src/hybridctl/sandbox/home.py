"""The files of a sandbox, and the lock that shows whether it is running."""

import fcntl
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from hybridctl.errors import FileUnreadable
from hybridctl.files import read_json

LOOPBACK = "127.0.0.1"
HEALTH = "/_ministack/health"  # what a server that is up answers with 200
PROVIDER = "/_sandbox/provider"  # where a caller asks for a Terraform provider that works with its key
ACCOUNT = "000000000000"
_LOCK_SECONDS = 0.02  # between two tries to take a lock
REGION = "us-east-1"  # unless the process sets another one, once, before anything else is imported


@dataclass(frozen=True, slots=True)
class Home:
    """The paths under one sandbox's directory."""

    root: Path

    @property
    def ready(self) -> Path:
        return self.root / "ready.json"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def lock(self) -> Path:
        return self.root / "server.lock"

    @property
    def starting(self) -> Path:
        return self.root / "starting.lock"

    @property
    def key(self) -> Path:
        return self.root / "key.json"

    @property
    def last_port(self) -> Path:
        return self.root / "port"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def enforced(self) -> Path:
        """This file exists while IAM is enforced."""
        return self.root / "enforce-iam"

    @property
    def decisions(self) -> Path:
        """IAM's decisions while it is enforced: one JSON object per line, each decision once."""
        return self.root / "iam-decisions.ndjson"

    @property
    def scratch(self) -> Path:
        """Unpacked function code; not needed once the server has ended."""
        return self.root / "tmp"

    def machine_code(self, sha256: str) -> Path:
        """Return the folder with files that replace a package's own: the same distributions, for this machine.

        `sha256` is the package's hash in base64, as in Lambda.
        """
        return self.root / "machine-code" / as_file_name(sha256)

    def provide_machine_code(self, sha256: str, folder: Path) -> None:
        link = self.machine_code(sha256)
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f"{link.name}.{os.getpid()}.new")
        fresh.symlink_to(folder.resolve(), target_is_directory=True)
        fresh.replace(link)

    def remove_ready(self) -> None:
        """Remove ready.json, also if somebody put a folder there."""
        if self.ready.is_dir() and not self.ready.is_symlink():
            shutil.rmtree(self.ready)
        else:
            self.ready.unlink(missing_ok=True)

    def read_ready(self) -> dict[str, Any] | None:
        """Return the content of ready.json; None if there is none, or if it is not a JSON object."""
        try:
            found = read_json(self.ready)
        except FileUnreadable:
            return None
        return found if isinstance(found, dict) else None


def read_seconds(path: Path, default: float) -> float:
    """Return the seconds in a file with which somebody rehearses a wait."""
    try:
        return float(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default


def as_file_name(sha256: str) -> str:
    """Return a base64 hash as a file name."""
    return sha256.replace("/", "_").replace("+", "-").rstrip("=")


class HeldLock:
    """An advisory lock on a file, held until it is released or this process ends in any way.

    The kernel releases it with the process, so a recycled pid cannot be mistaken for a running server. The file
    contains the holder's pid.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, *, within: float | None = 0.0) -> bool:
        """Return True once the lock is held; False if another process still holds it after `within` seconds. None waits
        without a limit.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + (within or 0.0)
        while not _lock(descriptor, wait=within is None):
            if time.monotonic() >= end:
                os.close(descriptor)
                return False
            time.sleep(_LOCK_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "HeldLock":
        self.acquire(within=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _lock(descriptor: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def holder(path: Path) -> int | None:
    """Return the pid of the process that holds the lock; None if nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        return int(text) if text.isdecimal() else None
    finally:
        os.close(descriptor)
    return None
