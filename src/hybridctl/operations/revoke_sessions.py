"""Log a user out everywhere, or end one session.

Logging out everywhere is one conditional write to the user's epoch, effective at the next validation. Deleting the dead
sessions afterwards is only clean-up: they never count again, even if it fails.
"""

from dataclasses import dataclass
from enum import Enum, auto

from hybridctl.domain.counting import count_noun
from hybridctl.domain.sessions import Counted, Session, shorten_id
from hybridctl.errors import HybridctlError, Interrupted, NotFound, OutcomeUnknown, UsageInvalid
from hybridctl.operations.session_clean_up import CleanUp
from hybridctl.operations.sessions import find_whole, not_found
from hybridctl.ports.run import Clock, Progress
from hybridctl.ports.sessions import Sessions

AGAIN = "run it again to delete them now; otherwise TTL removes them"


class SubjectKind(Enum):
    """What kind of id was given on the command line."""

    USER = auto()
    SESSION = auto()


@dataclass(frozen=True, slots=True)
class LogOut:
    """A user to log out everywhere; `listed` is the number of sessions in the index (None if unreadable)."""

    user_id: str
    epoch: int
    listed: Counted | None


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """A session to end."""

    session: Session


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The result of logging out everywhere: the epoch as read afterwards, and the clean-up.

    `retried` counts the requests that DynamoDB accepted only in part, `remaining` the revoked sessions that still exist
    (None: not counted). `unfinished` says what stopped the clean-up; the log-out is effective in any case.
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
    """Return what would be revoked. Raises NotFound, and UsageInvalid if the id is both a user's and a session's.

    The index only decides whether the user exists at all; it is not read with --user, or if the user has an epoch.
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
    """One revocation; `carry_out` can be repeated after any end, and completes the rest."""

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
            # Read now, not with the plan, which may have waited long for consent. If the write finds another epoch,
            # someone raised it after this read, and everything that was to be revoked is revoked.
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
        clean_up = CleanUp(self.sessions, self.clock, user_id, epoch)

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


def _show(subject: str) -> str:
    """Return a user id as it is, and a possible session id shortened."""
    return f"{shorten_id(subject)}…" if len(subject) > 40 else subject
