"""Sessions as values and decisions: no clock, no randomness and no store of its own."""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SMOKE_LIFETIME = 300
# A validated session is written back at most this often: reads are cheap, a write for each of them is not.
TOUCH_EVERY = 300
ID_BYTES = 32
ID_SHOWN = 8
_ID = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_USER_AGENT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Session:
    """One device of one user. Times are epoch seconds but for `created_ms`, which orders log-ins within a second.

    `epoch` counts the user's log-outs everywhere before it.
    """

    id: str
    user_id: str
    provider: str
    created_ms: int
    last_seen_at: int
    expires_at: int
    epoch: int
    user_agent: str
    address: str

    @property
    def created_at(self) -> int:
        return self.created_ms // 1000


@dataclass(frozen=True, slots=True)
class Client:
    """Where a session is started from, as far as a device list needs to tell."""

    user_agent: str
    address: str


def new_id(entropy: bytes) -> str:
    """Return the bytes as URL-safe text that does not begin with "-": command lines take that for an option."""
    text = base64.urlsafe_b64encode(entropy).rstrip(b"=").decode("ascii")
    return f"_{text[1:]}" if text.startswith("-") else text


def is_well_formed(session_id: str) -> bool:
    return _ID.fullmatch(session_id) is not None


def decoy_for(malformed: str) -> str:
    """An id that was never issued, so that what cannot be an id costs the same reads as one that might."""
    return new_id(hashlib.sha256(malformed.encode("utf-8", "surrogatepass")).digest())


def is_active(session: Session, *, epoch: int, now: float, idle: int) -> bool:
    """Whether `session` still counts: of the user's present epoch, not past its lifetime, seen within `idle`."""
    return session.epoch == epoch and now < session.expires_at and now - session.last_seen_at < idle


def wants_touch(session: Session, now: float) -> bool:
    return now - session.last_seen_at >= TOUCH_EVERY


def beyond_limit(
    sessions: Iterable[Session], newest: Session, limit: int, is_active: Callable[[Session], bool]
) -> Sequence[Session]:
    """The sessions to drop so that `limit` remain: dead ones first, then the oldest, and never `newest`.

    The index may show `newest` or not, being eventually consistent; it counts either way.
    """
    others = [session for session in sessions if session.id != newest.id]
    others.sort(key=lambda session: (is_active(session), session.created_ms), reverse=True)
    return others[limit - 1 :]


def describe(session: Session, *, current_id: str) -> dict[str, Any]:
    """A line of the device list; the id is shortened, since the list is no place to steal one from."""
    return {
        "id": session.id[:ID_SHOWN],
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "expires_at": session.expires_at,
        "user_agent": session.user_agent,
        "address": session.address,
        "current": session.id == current_id,
    }


def client(user_agent: str, address: str) -> Client:
    """The client with its user agent made printable and short, and its address made coarse."""
    printable = "".join(char if char.isprintable() else "?" for char in user_agent[:_USER_AGENT_LIMIT])
    return Client(printable, coarse(address))


def coarse(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one: enough to tell home from elsewhere; "" for anything else."""
    try:
        prefix = 24 if ipaddress.ip_address(address).version == 4 else 48
        return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))
    except ValueError:
        return ""
