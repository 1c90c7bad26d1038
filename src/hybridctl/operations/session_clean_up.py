"""Delete the sessions of a user that no longer count."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hybridctl.domain.counting import count_noun
from hybridctl.domain.sessions import DeadPage
from hybridctl.ports.run import Clock, StepNotes
from hybridctl.ports.sessions import Sessions

BATCH = 25  # BatchWriteItem takes no more
# One user's items share a partition of the index, which takes 1,000 writes per second. So batches are sent one after
# the other, followed by a pause that grows with the square of the rejected share: a few rejected items cost almost
# nothing, and a partition at its limit gets time to recover.
_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_PATIENCE = 8


@dataclass
class CleanUp:
    """Delete the user's sessions older than `epoch`, keeping one page and one batch in memory."""

    sessions: Sessions
    clock: Clock
    user_id: str
    epoch: int
    deleted: int = 0
    retried: int = 0
    remaining: int = 0
    _refused: int = field(default=0, init=False)

    @property
    def done(self) -> str:
        """Return how many revoked sessions were deleted."""
        if self.remaining:
            return f"{self.deleted} of {count_noun(self.deleted + self.remaining, 'revoked session')} deleted"
        return f"{count_noun(self.deleted, 'revoked session')} deleted"

    def run(self, notes: StepNotes) -> None:
        pending: list[str] = []
        for page in self._pages():
            for session_id in page.ids:
                if session_id not in pending:  # the index may repeat what it has shown
                    pending.append(session_id)
                    pending = self._send(pending, down_to=BATCH - 1, notes=notes)
        self._send(pending, down_to=0, notes=notes)

    def _pages(self) -> Iterator[DeadPage]:
        """Leave out sessions of the new epoch: they are later log-ins."""
        page = self.sessions.dead_of_user(self.user_id, self.epoch)
        yield page
        while page.after is not None:
            page = self.sessions.dead_of_user(self.user_id, self.epoch, page.after)
            yield page

    def _send(self, pending: list[str], *, down_to: int, notes: StepNotes) -> list[str]:
        """Send batches until at most `down_to` ids are left; after the time limit, only count them."""
        while len(pending) > down_to:
            if self._refused >= _PATIENCE:
                self.remaining += len(pending)
                return []
            batch = pending[:BATCH]
            left = list(self.sessions.remove_batch(batch))
            self.deleted += len(batch) - len(left)
            notes.now(f"{count_noun(self.deleted, 'session')} deleted")
            if left:
                self._wait(left, batch)
            else:
                self._refused = 0
            pending = left + pending[BATCH:]
        return pending

    def _wait(self, left: Sequence[str], batch: Sequence[str]) -> None:
        self.retried += 1
        self._refused = self._refused + 1 if len(left) == len(batch) else 0
        doubled = _PAUSE * 2.0 ** max(0, self._refused - 1)
        self.clock.sleep(min(doubled * (len(left) / len(batch)) ** 2, _LONGEST_PAUSE))
