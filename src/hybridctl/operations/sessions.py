"""Read sessions: a user's, a single one, or all of them counted."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hybridctl.domain.session_census import Census, Counting
from hybridctl.domain.sessions import (
    ID_SHOWN,
    Session,
    SessionPage,
    SessionRules,
    SessionState,
    TimeToLive,
    find_end_reasons,
    remarks,
    shorten_id,
    state_of,
)
from hybridctl.errors import NotFound, UsageInvalid
from hybridctl.ports.run import Clock
from hybridctl.ports.sessions import Sessions

ID_LENGTH = 43  # 256 bits in base64url


@dataclass(frozen=True, slots=True)
class Device:
    """A session with its state at the time of reading."""

    session: Session
    state: SessionState


@dataclass(frozen=True, slots=True)
class Devices:
    """A user's sessions according to the index, newest first; `cut` if there are more than requested."""

    user_id: str
    epoch: int
    rules: SessionRules
    now: datetime
    devices: tuple[Device, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class ExplainedSession:
    """One session and why it is valid or not. `ahead` is how many seconds this machine's clock is ahead of AWS's."""

    session: Session
    epoch: int
    rules: SessionRules
    ttl: TimeToLive
    now: datetime
    ahead: float | None
    reasons: tuple[SessionState, ...]
    remarks: tuple[str, ...]

    @property
    def state(self) -> SessionState:
        return self.reasons[0] if self.reasons else SessionState.ACTIVE


@dataclass(frozen=True, slots=True)
class Scanned:
    """The count of the table; `cut` if the limit came before its end."""

    table: str
    census: Census
    cut: bool
    rules: SessionRules


def list_sessions(sessions: Sessions, clock: Clock, user_id: str, limit: int) -> Devices:
    """Return at most `limit` sessions of the user, with their states by the handler's rule."""
    rules = sessions.rules()
    epoch = sessions.epoch(user_id) or 0
    now = clock.now()
    found: list[Session] = []
    for page in pages_of_user(sessions, user_id, limit=limit + 1):
        found += page.sessions
        if len(found) > limit:
            break
    devices = tuple(
        Device(one, state_of(one, epoch=epoch, now=now.timestamp(), idle=rules.idle)) for one in found[:limit]
    )
    return Devices(user_id, epoch, rules, now, devices, cut=len(found) > limit)


def explain(sessions: Sessions, clock: Clock, session_id: str, *, of: str | None) -> ExplainedSession:
    """Return the session and its expiry by strongly consistent reads; `of` names the user of a shortened id."""
    whole = session_id if of is None else find_whole(sessions, session_id, of)
    reading = sessions.read(whole)
    local = clock.now()
    if reading.session is None:
        raise not_found(whole, is_there=reading.is_there)
    session = reading.session
    epoch = sessions.epoch(session.user_id) or 0
    rules = sessions.rules()
    ttl = sessions.time_to_live()
    # The handler uses AWS's clock, so this does too.
    now = reading.answered or local
    return ExplainedSession(
        session=session,
        epoch=epoch,
        rules=rules,
        ttl=ttl,
        now=now,
        ahead=(local - reading.answered).total_seconds() if reading.answered else None,
        reasons=find_end_reasons(session, epoch=epoch, now=now.timestamp(), idle=rules.idle),
        remarks=remarks(session, epoch=epoch, now=now.timestamp(), ttl=ttl),
    )


def scan(sessions: Sessions, clock: Clock, limit: int) -> Scanned:
    """Count the table, reading at most `limit` items."""
    rules = sessions.rules()
    counting = Counting(now=clock.now().timestamp(), idle=rules.idle)
    page = sessions.scan(limit)
    counting.add(page)
    while page.after is not None and counting.read < limit:
        page = sessions.scan(limit - counting.read, page.after)
        counting.add(page)
    cut = page.after is not None
    # A complete read has shown every epoch; after a partial read, the missing ones are read by key.
    more = sessions.epochs(counting.users_without_epoch()) if cut else {}
    return Scanned(sessions.table, counting.result(more), cut, rules)


def pages_of_user(sessions: Sessions, user_id: str, *, limit: int | None = None) -> Iterator[SessionPage]:
    """Yield pages of the user's sessions, each with at most `limit`."""
    page = sessions.of_user(user_id, limit=limit)
    yield page
    while page.after is not None:
        page = sessions.of_user(user_id, page.after, limit=limit)
        yield page


def find_whole(sessions: Sessions, prefix: str, user_id: str) -> str:
    """Return the user's only id with this beginning. Without the user, this would be a scan of the whole table."""
    if len(prefix) < ID_SHOWN:
        raise UsageInvalid(
            f"{prefix}: at least {ID_SHOWN} characters of a session id are needed",
            hint=f"to list them: {shlex.join(['hybridctl', 'sessions', 'list', user_id])}",
        )
    matches = set()
    for page in pages_of_user(sessions, user_id):
        matches |= {session.id for session in page.sessions if session.id.startswith(prefix)}
        if len(matches) > 1:
            raise UsageInvalid(
                f"{shorten_id(prefix)}: more than one session of {user_id} begins with this", hint="use more characters"
            )
    if not matches:
        raise NotFound(
            f"no session of {user_id} begins with {shorten_id(prefix)}, as far as the index shows",
            hint=shlex.join(["hybridctl", "sessions", "list", user_id]),
        )
    return str(matches.pop())


def not_found(session_id: str, *, is_there: bool) -> NotFound:
    """Return the error for a missing session, with possible causes."""
    short = shorten_id(session_id)
    if is_there:
        return NotFound(f"session {short}: the item lacks user_id or expires_at, so the handler ignores it")
    if len(session_id) < ID_LENGTH:
        return NotFound(
            f"there is no session {short}; a full id has {ID_LENGTH} characters",
            hint="use its first 8 characters with --of USER",
        )
    return NotFound(f"there is no session {short}: it was ended, it expired and was deleted, or it never existed")
