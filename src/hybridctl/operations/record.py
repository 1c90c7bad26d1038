"""Record a release: claim the environment before the first change, and write the end whatever happens."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Protocol

from hybridctl.domain.history import last_lineup, last_live_version, next_id
from hybridctl.domain.lineup import Lineup
from hybridctl.domain.notification import is_news
from hybridctl.domain.release import Claim, Decision, Kind, Outcome, Release
from hybridctl.errors import (
    HybridctlError,
    Interrupted,
    OutcomeUnknown,
    ReleaseInProgress,
    ReleaseTakenBack,
    TakenOver,
)
from hybridctl.operations.draft import Draft
from hybridctl.operations.interrupts import guard_signals
from hybridctl.operations.take_back import describe
from hybridctl.ports.machine import Checkout
from hybridctl.ports.release import HasJournal, HasNotifier, HasPlace, Journal
from hybridctl.ports.run import Clock, Progress

_FEW = 5


class RecordPorts(HasJournal, HasNotifier, HasPlace, Protocol):
    """The ports that recording a release uses."""


def no_rollout_may_run(claim: Claim | None) -> None:
    """Raise ReleaseInProgress if a rollout holds the environment: it must be promoted or aborted first.

    This check comes early to save the user a wait; the claim itself keeps two releases apart.
    """
    if claim is None or claim.release.rollout is None:
        return
    running, rollout, name = claim.release, claim.release.rollout, claim.release.environment
    raise ReleaseInProgress(
        f"{running.kind} {running.id} of {name} is in progress: {rollout.strategy} of "
        f"version {rollout.new}, started by {running.actor} on {running.host}",
        hint=f"hybridctl promote {name}, or hybridctl abort {name}",
    )


def is_recorded(journal: Journal, lineup: Lineup, recent: Sequence[Release]) -> bool:
    """Return whether the history says that these versions are live; False without any release.

    `recent` are its newest releases, oldest first. Older ones are read if none of these made a version live.
    """
    last = last_lineup(recent) or read_last_lineup(journal)
    return last is not None and last.version == lineup.version and lineup.workers.items() <= last.workers.items()


def read_last_lineup(journal: Journal) -> Lineup | None:
    """Return the versions that the history says are live; None if no release made any live."""
    history = journal.releases(_FEW)
    if last_live_version(history) is None and len(history) == _FEW:
        history = journal.releases()
    return last_lineup(history)


def close_dead(backend: HasJournal, claim: Claim | None) -> Release | None:
    """Close and return the record of a release whose process died on this host; None if the claim is not of one."""
    if claim is None or not claim.abandoned:
        return None
    return backend.journal.give_up(claim, "its process died before finishing")


def begin(
    backend: RecordPorts,
    checkout: Checkout,
    clock: Clock,
    kind: Kind,
    reason: str,
    facts: Mapping[str, Any] | None = None,
    *,
    after: str,
) -> Release:
    """Return a new record with these facts; its id sorts after the history that `after` marks."""
    started = clock.now()
    host = checkout.host()
    identity = next_id(started, host.rpartition(":")[2], after)
    checkout.remember_releases(backend.place.environment, [identity])
    return Release(
        **facts or {},
        id=identity,
        kind=kind,
        environment=backend.place.environment,
        account=backend.place.account,
        actor=checkout.actor(),
        host=host,
        started=started,
        source=checkout.source(),
        reason=reason,
    )


@contextmanager
def record_release(
    backend: RecordPorts, clock: Clock, progress: Progress, release: Release, *, after: str
) -> Iterator[Draft]:
    """Hold the environment during the block, and write the outcome of whatever ends it.

    Raises PlanStale if the history has changed since it was marked with `after`.
    """
    backend.journal.begin(release, after)
    draft = Draft(release, backend.journal, progress)
    with _notify_afterwards(backend, draft), _write_end(draft, clock):
        yield draft


@contextmanager
def record_end_of_rollout(
    backend: RecordPorts, clock: Clock, progress: Progress, claim: Claim, decision: Decision
) -> Iterator[Draft]:
    """Take over a release that another process began, and write its outcome. Raises TakenOver if another process was
    faster.
    """
    release = replace(claim.release, decision=decision)
    backend.journal.take_over(claim, release)
    draft = Draft(release, backend.journal, progress, release.steps)
    with _notify_afterwards(backend, draft), _write_end(draft, clock):
        yield draft


@contextmanager
def _notify_afterwards(backend: RecordPorts, draft: Draft) -> Iterator[None]:
    """Send the notification after the outcome was written, whatever it is."""
    try:
        yield
    finally:
        if is_news(draft.release):
            backend.notifier.tell(draft.release)


@contextmanager
def _write_end(draft: Draft, clock: Clock) -> Iterator[Draft]:
    """Write the outcome whatever ends the release; a signal does not prevent that."""
    with guard_signals() as draft.interrupts:
        try:
            try:
                yield draft
            finally:
                draft.interrupts.hold()
        except TakenOver:
            raise  # the record is someone else's now
        except BaseException as error:
            if not _is_done(draft, error):
                _write_failure(draft, clock, error)
                if (shown := _explain(draft, error)) is not error:
                    raise shown from error
                raise
        if draft.left:
            with suppress(Exception, SystemExit):  # it is written down already, but for the time of its last step
                draft.keep()
        elif draft.release.outcome is Outcome.RUNNING:
            draft.end(Outcome.LIVE, clock.now())


def _is_done(draft: Draft, error: BaseException) -> bool:
    """Return whether Ctrl-C came after the release was verified, when only its record was missing."""
    return isinstance(error, KeyboardInterrupt) and draft.release.verified


def _write_failure(draft: Draft, clock: Clock, error: BaseException) -> None:
    try:
        if draft.left:
            draft.keep()
        elif draft.release.outcome is Outcome.RUNNING:
            draft.end(draft.stands or _outcome_of(error), clock.now(), describe(error))
    except HybridctlError as unwritten:  # what ended the release matters more than its record
        if isinstance(error, HybridctlError):
            error.hint = f"{unwritten}; {error.hint or unwritten.hint}"


def _explain(draft: Draft, error: BaseException) -> BaseException:
    """Return the error to show."""
    if isinstance(error, KeyboardInterrupt):
        return Interrupted("interrupted", hint="hybridctl status shows the current state")
    if isinstance(error, Exception):
        return error
    return HybridctlError(f"{draft.release.kind} {draft.release.id}: {describe(error)}", hint="hybridctl status")


def _outcome_of(error: BaseException) -> Outcome:
    """Return the outcome to record for an error."""
    match error:
        case ReleaseTakenBack():
            return Outcome.TAKEN_BACK
        case OutcomeUnknown():
            return Outcome.UNKNOWN
        case Interrupted() | KeyboardInterrupt():
            return Outcome.INTERRUPTED
        case _:
            return Outcome.FAILED
