"""What each route does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from backend import VERSION, sessions, strict_json
from backend.events import Request
from backend.names import is_name
from backend.patience import within
from backend.providers import PROVIDERS
from backend.replies import BadField, Refused, Reply, Unauthenticated, Unavailable
from backend.sessions import Session
from backend.settings import Settings
from backend.store import Store
from backend.verification import Claim, Smoke, Verifier

CREATED = ("SessionsCreated",)
VALIDATED = ("SessionsValidated",)
REJECTED = ("SessionsRejected",)
_USER_ID_LIMIT = 256
_TOKEN_LIMIT = 8192
_MARGIN = 100
# A put is repeated once with a fresh id: the first may have arrived unheard, and then its id is taken.
_ADD_ATTEMPTS = 2
# Seconds for work after the deciding write: a table that hangs then must not use up the function's ten.
FOLLOW_UP_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """A valid session; `error` stopped the note that it was seen."""

    session: Session
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`clock` gives epoch seconds, `entropy(n)` n bytes that nobody can guess.

    Once the write that decides a request has succeeded, nothing turns its answer into an error.
    """

    settings: Settings
    store: Store
    verifier: Verifier
    clock: Callable[[], float]
    entropy: Callable[[int], bytes]
    follow_up_patience: float = FOLLOW_UP_PATIENCE

    def health(self, request: Request) -> Reply:
        if request.query.get("deep") == "1":
            self.store.ping()
        return Reply(200, {"status": "healthy", "version": VERSION})

    def create(self, request: Request) -> Reply:
        body = _json_object(request)
        claim = _claim(body)
        verifier = Smoke(PROVIDERS) if request.is_smoke else self.verifier
        lifetime = sessions.SMOKE_LIFETIME if request.is_smoke else self.settings.lifetime
        session = self._start(verifier.user_id(claim), claim.provider, lifetime, request)
        return Reply(
            201,
            {"session_id": session.id, "user_id": session.user_id, "expires_at": session.expires_at},
            counts=CREATED,
            left_undone=self._follow_up(lambda: self._drop_oldest(session)),
        )

    def validate(self, request: Request) -> Reply:
        session_id = _json_object(request).get("session_id")
        if not isinstance(session_id, str):
            raise BadField("session_id", "text")
        session = self._find(session_id)
        seen = None if session is None else self._note_seen(session)
        if session is None or seen is None:
            return Reply(200, {"valid": False}, counts=REJECTED)
        return Reply(
            200,
            {"valid": True, "user_id": session.user_id, "expires_at": session.expires_at},
            counts=VALIDATED,
            left_undone=seen.error,
        )

    def devices(self, request: Request) -> Reply:
        found = self._caller(request)
        seen = self._note_seen(found)
        if seen is None:
            raise Unauthenticated(counts=REJECTED)
        current = seen.session
        now = self.clock()
        listed = self._list_sessions(current.user_id)
        # The index may not show the caller's own session yet; it is read strongly, so it is listed by that.
        others = [s for s in listed if s.id != current.id and self._is_active(s, current.epoch, now)]
        lines = [sessions.describe(session, current_id=current.id) for session in (current, *others)]
        return Reply(200, {"sessions": lines}, counts=VALIDATED, left_undone=seen.error)

    def log_out(self, request: Request) -> Reply:
        self.store.remove(self._caller(request).id)
        return Reply(204, counts=VALIDATED)

    def log_out_everywhere(self, request: Request) -> Reply:
        session = self._caller(request)
        self.store.end_epoch(session, int(self.clock()))
        # The log-out is in force; TTL removes what the clean-up leaves.
        clean_up = self._follow_up(lambda: self.store.clean_up(session.user_id, session.epoch))
        return Reply(204, counts=VALIDATED, left_undone=clean_up)

    def _start(self, user_id: str, provider: str, lifetime: int, request: Request) -> Session:
        client = sessions.client(request.headers.get("user-agent", ""), request.address)
        # Read before the write: a log-out everywhere between the two makes this session dead, never immortal.
        epoch = self.store.epoch(user_id)
        created_ms = int(self.clock() * 1000)
        now = created_ms // 1000
        for _ in range(_ADD_ATTEMPTS):
            session = Session(
                id=sessions.new_id(self.entropy(sessions.ID_BYTES)),
                user_id=user_id,
                provider=provider,
                created_ms=created_ms,
                last_seen_at=now,
                expires_at=now + lifetime,
                epoch=epoch,
                user_agent=client.user_agent,
                address=client.address,
            )
            if self.store.add(session):
                return session
        raise Unavailable("store_unavailable", "the session store is busy; try again")

    def _drop_oldest(self, newest: Session) -> None:
        """Keep the user within the limit; what this leaves, the next log-in drops."""
        now = self.clock()
        gone = sessions.beyond_limit(
            self._list_sessions(newest.user_id),
            newest,
            self.settings.max_sessions,
            lambda session: self._is_active(session, newest.epoch, now),
        )
        self.store.remove_all(session.id for session in gone)

    def _list_sessions(self, user_id: str) -> list[Session]:
        # More than the limit, for dead sessions stay until TTL removes them, and the limit may have been lowered.
        return self.store.of_user(user_id, self.settings.max_sessions + _MARGIN)

    def _caller(self, request: Request) -> Session:
        scheme, _, session_id = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not session_id:
            raise Unauthenticated
        session = self._find(session_id.strip())
        if session is None:
            raise Unauthenticated(counts=REJECTED)
        return session

    def _find(self, session_id: str) -> Session | None:
        well_formed = session_id if sessions.is_well_formed(session_id) else sessions.decoy_for(session_id)
        now = self.clock()
        return self.store.find_active(well_formed, lambda found, epoch: self._is_active(found, epoch, now))

    def _note_seen(self, session: Session) -> _Seen | None:
        """The session as seen now; None when it has just gone. It stays valid where this cannot be written."""
        now = self.clock()
        if not sessions.wants_touch(session, now):
            return _Seen(session)
        is_there: list[bool] = []
        error = self._follow_up(lambda: is_there.append(self.store.touch(session, int(now))))
        if error is not None:
            return _Seen(session, error)
        return _Seen(replace(session, last_seen_at=int(now))) if is_there[0] else None

    def _follow_up(self, work: Callable[[], None]) -> Exception | None:
        """Do what the answer does not depend on; return, and never raise, the error that stopped it."""
        try:
            within(self.follow_up_patience, work)
        except Exception as error:  # whatever it is: the answer is decided
            return error
        return None

    def _is_active(self, session: Session, epoch: int, now: float) -> bool:
        return sessions.is_active(session, epoch=epoch, now=now, idle=self.settings.idle)


def _json_object(request: Request) -> dict[str, Any]:
    try:
        body = strict_json.parse(request.body())
    except ValueError as cause:
        raise Refused(400, "invalid_json", "the body must be JSON") from cause
    if not isinstance(body, dict):
        raise BadField("body", "a JSON object")
    return body


def _claim(body: dict[str, Any]) -> Claim:
    """The claim in the body of POST /auth/session; the same fields are asked for in every mode."""
    tokens = body.get("oauth_tokens")
    if not isinstance(tokens, dict):
        raise BadField("oauth_tokens", "an object")
    info = body.get("user_info", {})
    if not isinstance(info, dict):
        raise BadField("user_info", "an object")
    if not isinstance(info.get("email", ""), str):
        raise BadField("user_info.email", "text")
    return Claim(
        user_id=_text(body.get("user_id"), "user_id", _USER_ID_LIMIT, is_name),
        provider=_text(body.get("provider"), "provider", 32),
        access_token=_text(tokens.get("access_token"), "oauth_tokens.access_token", _TOKEN_LIMIT),
    )


def _text(value: object, name: str, limit: int, is_fit: Callable[[str], bool] = str.isprintable) -> str:
    # Printable, so that it has no control characters for a terminal and no lone surrogates, which have no UTF-8.
    if not isinstance(value, str) or not 0 < len(value) <= limit or not is_fit(value):
        raise BadField(name, f"text of 1 to {limit} printable characters")
    return value
