from collections.abc import Sequence
from dataclasses import dataclass, field

from fakes.clock import NOON
from hybridctl.domain.release import Claim, Outcome, Release
from hybridctl.errors import ReleaseInProgress, TakenOver


@dataclass
class FakeJournal:
    """One environment's journal, for all who use it: a claim is told from another by who decided to end it."""

    records: dict[str, Release] = field(default_factory=dict)
    holder: Release | None = None
    orphaned: bool = False
    written: int = 0

    def releases(self, limit: int | None = None) -> Sequence[Release]:
        found = [self.records[key] for key in sorted(self.records)]
        return found[-limit:] if limit else found

    def running(self) -> Release | None:
        return self.holder

    def claim(self) -> Claim | None:
        return Claim(self.holder, str(self.written), self.orphaned) if self.holder else None

    def begin(self, release: Release) -> None:
        claim = self.claim()
        if claim is not None and claim.abandoned:
            self.give_up(claim, "its process ended without a word")
        if self.holder is not None:
            raise ReleaseInProgress(
                f"{self.holder.kind} {self.holder.id} is in progress: {self.holder.actor}", hint="wait for it to end"
            )
        self._write(release)

    def keep(self, release: Release) -> None:
        self.confirm(release)
        self._write(release)

    def confirm(self, release: Release) -> None:
        holder = self.holder
        if holder is None or holder.id != release.id or holder.decision != release.decision:
            raise self._taken_over(release)

    def take_over(self, claim: Claim, release: Release) -> None:
        if self.holder is None or claim.tag != str(self.written):
            raise self._taken_over(release)
        self._write(release)

    def finish(self, release: Release) -> None:
        if release.rollout is not None:
            self.confirm(release)
        self.records[release.id] = release
        self.abandon(release)

    def abandon(self, release: Release) -> None:
        if self.holder is not None and self.holder.id == release.id:
            self.holder = None

    def give_up(self, claim: Claim, message: str) -> Release:
        if claim.tag != str(self.written):
            raise ReleaseInProgress("another one holds the environment now")
        known = self.records.get(claim.release.id, claim.release)
        if known.outcome is Outcome.RUNNING:
            known = self.records[known.id] = known.ended(Outcome.INTERRUPTED, NOON, message=message)
        self.holder = None
        return known

    def _write(self, release: Release) -> None:
        self.written += 1
        self.holder = self.records[release.id] = release

    def _taken_over(self, release: Release) -> TakenOver:
        now = self.records[release.id]
        who = f"{now.decision.actor} on {now.decision.host}" if now.decision else "itself"
        doing = "is being ended" if now.outcome is Outcome.RUNNING else "was ended"
        return TakenOver(f"release {release.id} {doing} by {who}", hint="hybridctl status")
