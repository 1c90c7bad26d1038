from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from fakes.clock import NOON
from hybridctl.domain.sessions import (
    Counted,
    Cursor,
    DeadPage,
    Session,
    SessionPage,
    SessionReading,
    SessionRules,
    TimeToLive,
)

_TTL = TimeToLive("ENABLED", "expires_at")
_RULES = SessionRules()


@dataclass
class FakeSessions:
    """The table in memory. `busy` holds for each coming batch how many of it are not taken; `dies_after` batches
    the process is interrupted. `unseen` are ids that the index does not show.
    """

    sessions: dict[str, Session] = field(default_factory=dict)
    user_epochs: dict[str, int] = field(default_factory=dict)
    strange: set[str] = field(default_factory=set)
    ttl: TimeToLive = _TTL
    told: SessionRules = _RULES
    answered: datetime | None = NOON
    page: int = 1000
    unseen: set[str] = field(default_factory=set)
    busy: list[int] = field(default_factory=list)
    dies_after: int | None = None
    moved_by_others: bool = False
    batches: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    table: str = "hybrid-ci-cd-sessions-local"

    @classmethod
    def holding(cls, *sessions: Session, **options: object) -> "FakeSessions":
        return cls(sessions={session.id: session for session in sessions}, **options)  # type: ignore[arg-type]

    def rules(self) -> SessionRules:
        return self.told

    def time_to_live(self) -> TimeToLive:
        return self.ttl

    def read(self, session_id: str) -> SessionReading:
        found = self.sessions.get(session_id)
        return SessionReading(found, found is not None or session_id in self.strange, self.answered)

    def epoch(self, user_id: str) -> int | None:
        return self.user_epochs.get(user_id)

    def epochs(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        self.calls.append(f"epochs {len(user_ids)}")
        return {user: self.user_epochs[user] for user in user_ids if user in self.user_epochs}

    def of_user(self, user_id: str, after: Cursor | None = None, *, limit: int | None = None) -> SessionPage:
        # The key of an item orders the index, so that a page goes on behind one that has been deleted since.
        start = tuple(after["at"]) if after else None
        listed = sorted(
            (
                one
                for one in self.sessions.values()
                if one.user_id == user_id and one.id not in self.unseen and (start is None or _order(one) > start)
            ),
            key=_order,
        )
        page = listed[: min(self.page, limit or self.page)]
        return SessionPage(page, after={"at": _order(page[-1])} if len(listed) > len(page) else None)

    def count_of_user(self, user_id: str) -> Counted:
        page = self.of_user(user_id)
        return Counted(len(page.sessions), cut=page.after is not None)

    def dead_of_user(self, user_id: str, epoch: int, after: Cursor | None = None) -> DeadPage:
        page = self.of_user(user_id, after)
        return DeadPage([one.id for one in page.sessions if one.epoch < epoch], page.after)

    def scan(self, limit: int, after: Cursor | None = None) -> SessionPage:
        items: list[Session | str] = [*self.sessions.values(), *sorted(self.user_epochs), *sorted(self.strange)]
        start = after["at"] if after else 0
        found = list(islice(items, start, start + min(limit, self.page)))
        epochs = {one: self.user_epochs[one] for one in found if isinstance(one, str) and one in self.user_epochs}
        sessions = [one for one in found if isinstance(one, Session)]
        end = start + len(found)
        strange = len(found) - len(sessions) - len(epochs)
        return SessionPage(sessions, epochs, strange, {"at": end} if end < len(items) else None)

    def raise_epoch(self, user_id: str, seen: int, at: datetime) -> bool:
        if self.moved_by_others:
            self.user_epochs[user_id] = self.user_epochs.get(user_id, 0) + 1
        if self.user_epochs.get(user_id, seen) != seen:
            return False
        self.calls.append(f"raise {user_id}")
        self.user_epochs[user_id] = seen + 1
        return True

    def remove(self, session_id: str) -> None:
        self.calls.append("remove")
        self.sessions.pop(session_id, None)

    def remove_batch(self, session_ids: Sequence[str]) -> Sequence[str]:
        assert 0 < len(session_ids) <= 25
        assert len(set(session_ids)) == len(session_ids)
        if self.dies_after is not None and len(self.batches) >= self.dies_after:
            raise KeyboardInterrupt
        self.batches.append(len(session_ids))
        taken = len(session_ids) - (min(self.busy.pop(0), len(session_ids)) if self.busy else 0)
        for gone in session_ids[:taken]:
            self.sessions.pop(gone, None)
        return session_ids[taken:]


def _order(session: Session) -> tuple[int, str]:
    """Newest first, as the index is read."""
    return (-session.created_at, session.id)
