"""Counts the sessions of a table page by page. Memory grows with the number of users, not of sessions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hybridctl.domain.sessions import Session, SessionPage, SessionState, find_end_reasons

_HOUR, _DAY = 3600, 86_400
# Maximum age in seconds and its name; everything else is older.
_AGES = ((_HOUR, "under 1 h"), (_DAY, "under 1 d"), (7 * _DAY, "under 7 d"), (30 * _DAY, "under 30 d"))
_OLDER = "older"


@dataclass(frozen=True, slots=True)
class Census:
    """The counts. `users` have a session, `logged_out` users have an epoch, and `strange` items are neither."""

    read: int
    sessions: int
    users: int
    logged_out: int
    strange: int
    states: Mapping[SessionState, int]
    providers: Mapping[str, int]
    ages: Mapping[str, int]


class Counting:
    """Counts sessions. Sessions and epochs may come in any order."""

    def __init__(self, *, now: float, idle: int) -> None:
        self._now = now
        self._idle = idle
        self._read = 0
        self._strange = 0
        self._epochs: dict[str, int] = {}
        self._held: Counter[tuple[str, int, SessionState]] = Counter()
        self._providers: Counter[str] = Counter()
        self._ages: Counter[str] = Counter()

    @property
    def read(self) -> int:
        return self._read

    def add(self, page: SessionPage) -> None:
        self._read += page.read
        self._strange += page.strange
        self._epochs.update(page.epochs)
        for session in page.sessions:
            # Uses the session's own epoch instead of the user's: its state if the user had not logged out everywhere.
            reasons = find_end_reasons(session, epoch=session.epoch, now=self._now, idle=self._idle)
            self._held[session.user_id, session.epoch, next(iter(reasons), SessionState.ACTIVE)] += 1
            self._providers[session.provider] += 1
            self._ages[self._age(session)] += 1

    def users_without_epoch(self) -> Sequence[str]:
        """Return the users whose epoch was not read yet. After a complete scan they have none."""
        return sorted({user for user, _, _ in self._held} - self._epochs.keys())

    def result(self, more: Mapping[str, int]) -> Census:
        """Return the counts. `more` has the epochs of users whose epoch was not read; a user without an epoch has epoch
        0.
        """
        epochs = {**more, **self._epochs}
        states: Counter[SessionState] = Counter()
        for (user, epoch, state), count in self._held.items():
            states[state if epoch == epochs.get(user, 0) else SessionState.REVOKED] += count
        return Census(
            read=self._read,
            sessions=states.total(),
            users=len({user for user, _, _ in self._held}),
            logged_out=len(epochs),
            strange=self._strange,
            states={state: states[state] for state in SessionState},
            providers=dict(sorted(self._providers.items(), key=lambda pair: (-pair[1], pair[0]))),
            ages={name: self._ages[name] for name in (*(name for _, name in _AGES), _OLDER)},
        )

    def _age(self, session: Session) -> str:
        age = self._now - session.created_at
        return next((name for limit, name in _AGES if age < limit), _OLDER)
