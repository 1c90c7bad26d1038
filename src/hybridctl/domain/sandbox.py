"""The state of the sandbox's server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key id and secret for signing calls. `token` is set for the session of a role."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """The status of a sandbox. If it does not run, only `home` is known (and `pid`, if it hangs)."""

    home: Path
    running: bool = False
    pid: int | None = None
    port: int | None = None
    endpoint: str | None = None
    key: AccessKey | None = None
    account: str | None = None
    region: str | None = None
    emulator: str | None = None
    started: datetime | None = None
    reattach: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServerLog:
    """The last lines of the server's log."""

    lines: tuple[str, ...]
