"""Log a user out everywhere, or end one session.

Logging out everywhere is one conditional write to the user's epoch, in force at the next validation. Deleting the dead
sessions afterwards is housekeeping: however it ends, none of them counts again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from hybridctl.domain.counting import count_noun
from hybridctl.domain.sessions import Counted, DeadPage, Session, shorten_id
from hybridctl.errors import HybridctlError, Interrupted, NotFound, OutcomeUnknown, UsageInvalid
from hybridctl.operations.sessions import find_whole, not_found
from hybridctl.ports.run import Clock, Progress, StepNotes
from hybridctl.ports.sessions import Sessions

BATCH = 25  # BatchWriteItem takes no more
# The items of one user share a partition of the index, which takes 1 000 writes a second however they are sent: so
# batches go one after the other, and a pause follows the share that was not taken, by its square: a few strays cost
# next to nothing, and a partition at its limit is given the time that it needs.
_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_PATIENCE = 8
AGAIN = "run it again to delete them now; otherwise TTL removes them"


class SubjectKind(Enum):
    """What the word on the command line is the id of."""

    USER = auto()
    SESSION = auto()


@dataclass(frozen=True, slots=True)
class LogOut:
    """A user to be logged out everywhere; `listed` is what the index shows by now (None: it cannot be read)."""

    user_id: str
    epoch: int
    listed: Counted | None


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """A session to be ended."""

    session: Session


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Logged out everywhere: the epoch as it was read again, and the clean-up.

    `retried` counts the requests of which DynamoDB did not take all at once, `remaining` the dead sessions still there
    (None: not counted). `unfinished` says what stopped the clean-up; the log-out is in force all the same.
    """

    user_id: str
    epoch: int
    by_somebody_else: bool
    deleted: int
    remaining: int | None
    retried: int
    seconds: float
    unfinished: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    session: Session


def plan_revocation(
    sessions: Sessions, subject: str, *, kind: SubjectKind | None, of: str | None
) -> LogOut | SessionEnd:
    """What would be revoked. Raises NotFound, or UsageInvalid when the id is a user's and a session's.

    The index is needed only to tell whether there is such a user at all: not with --user, nor where an epoch is known.
    """
    if of is not None:
        subject, kind = find_whole(sessions, subject, of), SubjectKind.SESSION
    session = None
    if kind is not SubjectKind.USER:
        reading = sessions.read(subject)
        session = reading.session
        if session is None and kind is SubjectKind.SESSION:
            raise not_found(subject, is_there=reading.is_there)
        if session is not None and kind is SubjectKind.SESSION:
            return SessionEnd(session)
    epoch = sessions.epoch(subject)
    listed = None
    try:
        listed = sessions.count_of_user(subject)
    except Interrupted:
        raise
    except HybridctlError:
        if kind is None and epoch is None:
            raise
    is_user = epoch is not None or (listed is not None and listed.sessions > 0)
    if session is not None:
        if is_user:
            raise UsageInvalid(
                f"{shorten_id(subject)}… is the id of both a session and a user", hint="add --session or --user"
            )
        return SessionEnd(session)
    if not is_user and kind is None:
        raise NotFound(
            f"no session, and no user with sessions, has the id {_show(subject)}",
            hint="the first 8 characters of a session id require --of USER; a user without sessions requires --user",
        )
    return LogOut(subject, epoch or 0, listed)


@dataclass
class Revocation:
    """One revocation; `carry_out` may be run again after any end, and finishes what is left."""

    sessions: Sessions
    clock: Clock
    progress: Progress

    def carry_out(self, plan: LogOut | SessionEnd) -> LoggedOut | Ended:
        return self._log_out(plan.user_id) if isinstance(plan, LogOut) else self._end(plan.session)

    def _end(self, session: Session) -> Ended:
        self.sessions.remove(session.id)
        try:
            is_there = self.sessions.read(session.id).is_there
        except Interrupted:
            raise
        except HybridctlError:  # the deletion has been answered: reading again only makes sure
            is_there = False
        if is_there:
            raise OutcomeUnknown(
                f"session {session.short_id} still exists after its deletion", hint="hybridctl sessions show"
            )
        return Ended(session)

    def _log_out(self, user_id: str) -> LoggedOut:
        started = self.clock.monotonic()
        with self.progress.step("log out") as step:
            # Read now and not with the plan, which may have waited long for consent: if the write finds another epoch,
            # somebody raised it after this moment, and all that was to be revoked is.
            seen = self.sessions.epoch(user_id) or 0
            raised = self.sessions.raise_epoch(user_id, seen, self.clock.now())
            try:
                epoch = self.sessions.epoch(user_id) or 0
            except Interrupted:
                raise
            except HybridctlError:  # the write has been answered: reading it again only makes sure
                epoch = seen + 1
            if epoch <= seen:
                raise OutcomeUnknown(
                    f"the epoch of {user_id} is {epoch} after it was raised from {seen}", hint="run it again"
                )
            step.done(f"{user_id} is logged out everywhere, epoch {seen} → {epoch}")
        clean_up = _CleanUp(self.sessions, self.clock, user_id, epoch)

        def so_far(remaining: int | None, unfinished: str | None = None) -> LoggedOut:
            return LoggedOut(
                user_id=user_id,
                epoch=epoch,
                by_somebody_else=not raised,
                deleted=clean_up.deleted,
                remaining=remaining,
                retried=clean_up.retried,
                seconds=round(self.clock.monotonic() - started, 3),
                unfinished=unfinished,
            )

        try:
            with self.progress.step("clean up") as step:
                clean_up.run(step)
                step.done(clean_up.done)
        except KeyboardInterrupt:
            raise Interrupted(
                f"{user_id} is logged out everywhere, but the clean-up was interrupted "
                f"after {count_noun(clean_up.deleted, 'session')}",
                hint=AGAIN,
                result=so_far(None),
            ) from None
        except Interrupted:
            raise
        except HybridctlError as cause:
            return so_far(None, str(cause))
        return so_far(
            clean_up.remaining, "DynamoDB accepts no more writes at the moment" if clean_up.remaining else None
        )


@dataclass
class _CleanUp:
    """Deletes the user's sessions older than `epoch`, holding one page of them and one batch at a time."""

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
        """How many of the dead sessions are gone."""
        if self.remaining:
            return f"{self.deleted} of {count_noun(self.deleted + self.remaining, 'dead session')} deleted"
        return f"{count_noun(self.deleted, 'dead session')} deleted"

    def run(self, notes: StepNotes) -> None:
        pending: list[str] = []
        for page in self._pages():
            for session_id in page.ids:
                if session_id not in pending:  # the index may repeat what it has shown
                    pending.append(session_id)
                    pending = self._send(pending, down_to=BATCH - 1, notes=notes)
        self._send(pending, down_to=0, notes=notes)

    def _pages(self) -> Iterator[DeadPage]:
        """What is of the new epoch is a log-in since, and not among them."""
        page = self.sessions.dead_of_user(self.user_id, self.epoch)
        yield page
        while page.after is not None:
            page = self.sessions.dead_of_user(self.user_id, self.epoch, page.after)
            yield page

    def _send(self, pending: list[str], *, down_to: int, notes: StepNotes) -> list[str]:
        """Send batches until no more than `down_to` ids wait; once patience has ended, only count them."""
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


def _show(subject: str) -> str:
    """A user id as it is; what may be a session id only in part."""
    return f"{shorten_id(subject)}…" if len(subject) > 40 else subject
