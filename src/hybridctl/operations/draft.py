"""The record of a release in progress."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hybridctl.domain.release import Outcome, Release, Rollout, Step
from hybridctl.errors import HybridctlError, NotRecorded, TakenOver
from hybridctl.operations.interrupts import Interrupts
from hybridctl.operations.take_back import describe
from hybridctl.ports.release import Journal
from hybridctl.ports.run import Progress

_WRITES = 3


@dataclass
class Draft:
    """The record of a release in progress; `note` adds facts, and `keep` writes them.

    `left` is True if the release continues without this process. `stands` is an outcome that is already certain,
    however the release ends.
    """

    release: Release
    journal: Journal
    progress: Progress
    earlier: tuple[Step, ...] = ()
    left: bool = False
    stands: Outcome | None = None
    interrupts: Interrupts = field(default_factory=Interrupts)

    def note(self, **facts: Any) -> None:
        self.release = replace(self.release, **facts)

    def keep(self) -> None:
        """Write the record. Raises TakenOver if the release no longer belongs to this process."""
        self.note(steps=(*self.earlier, *self.progress.steps))
        self.journal.keep(self.release)

    def confirm(self) -> None:
        """Raise TakenOver if the release no longer belongs to this process."""
        self.journal.confirm(self.release)

    def leave(self, **facts: Any) -> None:
        self.note(**facts)
        self.keep()
        self.left = True

    def hand_back(self, rollout: Rollout) -> None:
        """Let a rollout that was taken over wait again, unless someone else has it by now."""
        with suppress(HybridctlError):
            claim = self.journal.claim()
            if claim is not None and claim.release.decision == self.release.decision:
                self.note(decision=None, rollout=replace(rollout, waiting=True))
                self.journal.take_over(claim, self.release)
                self.left = True

    def end(self, outcome: Outcome, at: datetime, message: str = "") -> None:
        """Write the outcome. Raises NotRecorded if it cannot be written; the release itself is not affected."""
        self.note(steps=(*self.earlier, *self.progress.steps))
        self.release = self.release.finish(outcome, at, message=message)
        for attempt in range(1, _WRITES + 1):
            try:
                self.journal.finish(self.release)
                return
            except BaseException as cause:
                if isinstance(cause, TakenOver):
                    if attempt == 1:
                        raise
                    return  # the attempt before wrote it and released the environment
                if attempt == _WRITES:
                    raise self._unwritten(outcome, cause) from cause

    def _unwritten(self, outcome: Outcome, cause: BaseException) -> NotRecorded:
        name = self.release.environment
        return NotRecorded(
            f"{self.release.kind} {self.release.id} ended as {outcome}, but "
            f"the record could not be written: {describe(cause)}",
            hint=f"fix the cause; hybridctl deploy {name} then completes the history",
        )
