"""A release as it is recorded: claimed and begun before the first change, finished whatever happens."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hybridctl.domain.release import Claim, Decision, Kind, Outcome, Release, Step, told_live
from hybridctl.errors import AwsRefused, HybridctlError, Interrupted, NotRecorded, ReleaseInProgress, TakenOver
from hybridctl.operations.release import outcome_of
from hybridctl.ports import Backend, Checkout, Clock, Journal, Progress

_FEW = 5


@dataclass
class Draft:
    """The record while its release goes on; `note` fills in what has become known, `keep` writes it down.

    `left` is true once the release is to go on without this process.
    """

    release: Release
    journal: Journal
    progress: Progress
    earlier: tuple[Step, ...] = ()
    left: bool = False

    def note(self, **facts: Any) -> None:
        self.release = replace(self.release, **facts)

    def keep(self) -> None:
        """Write down where the release is; raises TakenOver when it is no longer ours."""
        self.note(steps=(*self.earlier, *self.progress.steps))
        self.journal.keep(self.release)

    def confirm(self) -> None:
        """Return if the release is still ours; raises TakenOver."""
        self.journal.confirm(self.release)

    def leave(self, **facts: Any) -> None:
        self.note(**facts)
        self.keep()
        self.left = True

    def end(self, outcome: Outcome, at: datetime, message: str = "") -> None:
        """Write the end down; NotRecorded when that is refused, the release being what it is all the same."""
        self.note(steps=(*self.earlier, *self.progress.steps))
        self.release = self.release.ended(outcome, at, message=message)
        try:
            self.journal.finish(self.release)
        except AwsRefused as cause:
            name = self.release.environment
            raise NotRecorded(
                f"{self.release.kind} {self.release.id} ended as {outcome}, which could not be written down: {cause}",
                hint=f"once that is mended, hybridctl deploy {name} puts the history right",
            ) from cause


def no_rollout_may_run(backend: Backend) -> None:
    """Return unless a rollout holds the environment, which is to be promoted or aborted before anything else is done.

    Asked early, for the sake of who waits; the claim itself is what keeps two releases apart.
    """
    running = backend.journal.running()
    if running is None or running.rollout is None:
        return
    rollout, name = running.rollout, running.environment
    raise ReleaseInProgress(
        f"{running.kind} {running.id} of {name} is in progress: {rollout.strategy} of version {rollout.new}, "
        f"begun by {running.actor} on {running.host}",
        hint=f"hybridctl promote {name}, or hybridctl abort {name}",
    )


def is_recorded(journal: Journal, version: int) -> bool:
    """Whether the history says of this version that it is live; one without any release does not."""
    history = journal.releases(_FEW)
    if told_live(history) is None and len(history) == _FEW:
        history = journal.releases()
    return told_live(history) == version


def close_dead(backend: Backend) -> Release | None:
    """Close the record of a release whose process has died on this host; None where there is none."""
    claim = backend.journal.claim()
    if claim is None or not claim.abandoned:
        return None
    return backend.journal.give_up(claim, "its process ended without a word")


def begin(
    backend: Backend, checkout: Checkout, clock: Clock, kind: Kind, reason: str, facts: Mapping[str, Any] | None = None
) -> Release:
    """A fresh record, with the facts that are known already; its id sorts by time and is told apart by this process."""
    started = clock.now()
    host = checkout.host()
    identity = f"{started:%Y%m%dT%H%M%S}-{host.rpartition(':')[2]}"
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
def recorded(backend: Backend, clock: Clock, progress: Progress, release: Release) -> Iterator[Draft]:
    """Hold the environment while inside; what ends the release is written down with it."""
    backend.journal.begin(release)
    with _written_down(Draft(release, backend.journal, progress), clock) as draft:
        yield draft


@contextmanager
def taken_over(backend: Backend, clock: Clock, progress: Progress, claim: Claim, decision: Decision) -> Iterator[Draft]:
    """The same for a release that somebody else began; TakenOver when another one was quicker."""
    release = replace(claim.release, decision=decision)
    backend.journal.take_over(claim, release)
    with _written_down(Draft(release, backend.journal, progress, release.steps), clock) as draft:
        yield draft


@contextmanager
def _written_down(draft: Draft, clock: Clock) -> Iterator[Draft]:
    try:
        yield draft
    except TakenOver:
        raise  # the record is somebody else's now
    except (HybridctlError, KeyboardInterrupt) as error:
        if draft.left:
            draft.keep()
            raise
        try:
            draft.end(outcome_of(error), clock.now(), str(error) or "interrupted")
        except NotRecorded as unwritten:
            if isinstance(error, HybridctlError):  # what ended the release matters more than its record
                error.hint = f"{unwritten}; {error.hint or unwritten.hint}"
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted("interrupted", hint="hybridctl status shows what state it is in") from error
        raise
    if draft.left:
        draft.keep()
    elif draft.release.outcome is Outcome.RUNNING:
        draft.end(Outcome.LIVE, clock.now())
