"""Sessions as the handler stores them, and its rule for valid sessions. Times are epoch seconds, as stored.

The rule is the same as in `lambda_src/backend/sessions.py`; a test compares them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Any

ID_SHOWN = 8
DEFAULT_IDLE = 604_800
# Seconds reach this value in the year 5138; milliseconds reached it in 1973.
_MILLISECONDS_FROM = 100_000_000_000
_DURATION_UP_TO = 1_000_000_000
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
_TTL_GIVES_UP = 5 * 365 * 86_400

# The end of a page, which requests the next page. Only the store can read it.
Cursor = Mapping[str, Any]


@unique
class SessionState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Session:
    """A session: one device of one user. `epoch` is the number of times that the user had logged out everywhere.

    `expires_type` is the DynamoDB type of the stored expires_at. The handler treats any type but "N" as 0.
    """

    id: str
    user_id: str
    provider: str
    created_at: int
    last_seen_at: int
    expires_at: int
    epoch: int
    user_agent: str = ""
    address: str = ""
    expires_type: str = "N"

    @property
    def short_id(self) -> str:
        """The part of the id that may be shown. The whole id would give access to the user's session."""
        return shorten_id(self.id)


@dataclass(frozen=True, slots=True)
class SessionRules:
    """The function's limit for idle sessions in seconds, and where it was read."""

    idle: int = DEFAULT_IDLE
    source: str = "the handler's default"


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """The table's TTL from DescribeTimeToLive. `status` is ENABLED, ENABLING, DISABLED or DISABLING."""

    status: str
    attribute: str | None = None

    @property
    def is_on(self) -> bool:
        return self.status in ("ENABLED", "ENABLING")


@dataclass(frozen=True, slots=True)
class SessionReading:
    """An item from a consistent read. If `is_there` is true without a session, the handler does not accept the item as
    a session.

    `answered` is the server's time, None if the response had none.
    """

    session: Session | None
    is_there: bool
    answered: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A page of items. `epochs` is by user; `strange` counts items that are neither session nor epoch. The last page
    has no `after`.
    """

    sessions: Sequence[Session] = ()
    epochs: Mapping[str, int] = field(default_factory=dict)
    strange: int = 0
    after: Cursor | None = None

    @property
    def read(self) -> int:
        return len(self.sessions) + len(self.epochs) + self.strange


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of sessions. `cut` is true if there are more."""

    sessions: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class DeadPage:
    """Ids of sessions that ended when their user logged out everywhere. The last page has no `after`."""

    ids: Sequence[str] = ()
    after: Cursor | None = None


def shorten_id(session_id: str) -> str:
    return session_id[:ID_SHOWN]


def find_end_reasons(session: Session, *, epoch: int, now: float, idle: int) -> tuple[SessionState, ...]:
    """Return all reasons why the session is no longer valid, or none if it is active."""
    reasons = {
        SessionState.REVOKED: session.epoch != epoch,
        SessionState.EXPIRED: now >= session.expires_at,
        SessionState.IDLE: now - session.last_seen_at >= idle,
    }
    return tuple(state for state, holds in reasons.items() if holds)


def state_of(session: Session, *, epoch: int, now: float, idle: int) -> SessionState:
    """Return the first reason why the session ended, or ACTIVE."""
    return next(iter(find_end_reasons(session, epoch=epoch, now=now, idle=idle)), SessionState.ACTIVE)


def as_time(seconds: int) -> datetime | None:
    """Return the time, or None if it is out of range."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def remarks(session: Session, *, epoch: int, now: float, ttl: TimeToLive) -> tuple[str, ...]:
    """Return one sentence for each problem with the stored values or the table."""
    faults = [*_units(session), *_removal(session, now, ttl)]
    if session.epoch > epoch:
        faults.append(
            f"its epoch is {session.epoch} but its user's is {epoch}: the user's "
            "epoch item was deleted, or the table was restored"
        )
    return tuple(faults)


def _units(session: Session) -> Sequence[str]:
    faults = []
    times = {name: getattr(session, name) for name in ("created_at", "last_seen_at", "expires_at")}
    for name, value in times.items():
        if value >= _MILLISECONDS_FROM:
            meant = as_time(value // 1000)
            faults.append(
                f"{name} is {value}: in milliseconds, but the handler and TTL expect seconds"
                + (f"; {value // 1000} would be {meant:%Y-%m-%d %H:%M:%S} UTC" if meant else "")
            )
    if session.expires_type != "N":
        faults.append(
            f"expires_at has type {session.expires_type} instead of N: the "
            "handler reads it as 0, and TTL never deletes the item"
        )
    elif 0 <= session.expires_at < _DURATION_UP_TO:
        faults.append(f"expires_at is {session.expires_at}: a duration or zero instead of a time in seconds")
    return faults


def _removal(session: Session, now: float, ttl: TimeToLive) -> Sequence[str]:
    if not ttl.is_on:
        return [f"TTL is {ttl.status.lower()} on the table: expired sessions are not deleted"]
    if ttl.attribute != "expires_at":
        return [f"TTL uses {ttl.attribute} instead of expires_at: it does not delete expired sessions"]
    if session.expires_type == "N" and now - session.expires_at >= _TTL_GIVES_UP:
        return ["it expired more than five years ago by its expires_at: TTL ignores such items"]
    if session.expires_type == "N" and now >= session.expires_at:
        return ["expired but still stored: TTL deletes items up to days later, and the handler does not wait for it"]
    return []
