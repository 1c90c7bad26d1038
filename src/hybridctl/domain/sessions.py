"""Sessions as the handler keeps them, and its own rule for which still count. Times are epoch seconds, as stored.

The rule is that of `lambda_src/backend/sessions.py`; a test holds the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Any

from hybridctl.values import dataclass

ID_SHOWN = 8
DEFAULT_IDLE = 604_800
# Seconds pass this in the year 5138, milliseconds passed it in 1973.
_MILLISECONDS_FROM = 100_000_000_000
_DURATION_UP_TO = 1_000_000_000
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
_TTL_GIVES_UP = 5 * 365 * 86_400

# Where a page ended, to ask for the next; only the store can read it.
Cursor = Mapping[str, Any]


@unique
class SessionState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Session:
    """One device of one user. `epoch` counts the user's log-outs everywhere before it.

    `expires_type` is DynamoDB's type of the stored expires_at; anything but "N" counts as 0 for the handler.
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
        """As much of the id as may be shown: whoever has the whole of it is the user."""
        return shorten_id(self.id)


@dataclass(frozen=True, slots=True)
class SessionRules:
    """The function's setting for idle sessions (seconds), and where that was read."""

    idle: int = DEFAULT_IDLE
    source: str = "the handler's default"


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """The table's TTL as DescribeTimeToLive tells it: ENABLED, ENABLING, DISABLED or DISABLING."""

    status: str
    attribute: str | None = None

    @property
    def is_on(self) -> bool:
        return self.status in ("ENABLED", "ENABLING")


@dataclass(frozen=True, slots=True)
class SessionReading:
    """One item, read strongly; `is_there` without a session is an item that the handler takes for none.

    `answered` is the server's clock, where the answer told it.
    """

    session: Session | None
    is_there: bool
    answered: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Items as they came; `epochs` by user, `strange` neither session nor epoch. No `after`: it was the last page."""

    sessions: Sequence[Session] = ()
    epochs: Mapping[str, int] = field(default_factory=dict)
    strange: int = 0
    after: Cursor | None = None

    @property
    def read(self) -> int:
        return len(self.sessions) + len(self.epochs) + self.strange


@dataclass(frozen=True, slots=True)
class Counted:
    """How many sessions; `cut` when there are more."""

    sessions: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class DeadPage:
    """Ids of sessions that a log-out everywhere has ended. No `after`: it was the last page."""

    ids: Sequence[str] = ()
    after: Cursor | None = None


def shorten_id(session_id: str) -> str:
    return session_id[:ID_SHOWN]


def find_end_reasons(session: Session, *, epoch: int, now: float, idle: int) -> tuple[SessionState, ...]:
    """Every reason why the session no longer counts; none: it is active."""
    reasons = {
        SessionState.REVOKED: session.epoch != epoch,
        SessionState.EXPIRED: now >= session.expires_at,
        SessionState.IDLE: now - session.last_seen_at >= idle,
    }
    return tuple(state for state, holds in reasons.items() if holds)


def state_of(session: Session, *, epoch: int, now: float, idle: int) -> SessionState:
    """What to call the session: the first reason that ended it, or active."""
    return next(iter(find_end_reasons(session, epoch=epoch, now=now, idle=idle)), SessionState.ACTIVE)


def as_time(seconds: int) -> datetime | None:
    """The moment; None when no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def remarks(session: Session, *, epoch: int, now: float, ttl: TimeToLive) -> tuple[str, ...]:
    """What is wrong with the stored values or with the table, one sentence each."""
    found = [*_units(session), *_removal(session, now, ttl)]
    if session.epoch > epoch:
        found.append(
            f"its epoch is {session.epoch} but its user's is {epoch}: the user's "
            "epoch item was deleted, or the table was restored"
        )
    return tuple(found)


def _units(session: Session) -> Sequence[str]:
    found = []
    times = {name: getattr(session, name) for name in ("created_at", "last_seen_at", "expires_at")}
    for name, value in times.items():
        if value >= _MILLISECONDS_FROM:
            meant = as_time(value // 1000)
            found.append(
                f"{name} is {value}: in milliseconds, but the handler and TTL expect seconds"
                + (f"; {value // 1000} would be {meant:%Y-%m-%d %H:%M:%S} UTC" if meant else "")
            )
    if session.expires_type != "N":
        found.append(
            f"expires_at has type {session.expires_type} instead of N: the "
            "handler reads it as 0, and TTL never deletes the item"
        )
    elif 0 <= session.expires_at < _DURATION_UP_TO:
        found.append(f"expires_at is {session.expires_at}: a duration or zero instead of a time in seconds")
    return found


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
