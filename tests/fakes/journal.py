from collections.abc import Sequence
from dataclasses import dataclass, field

from fakes.clock import NOON
from hybridctl.adapters.aws.claim_errors import explain_overtaken
from hybridctl.domain.history import has_gone_on
from hybridctl.domain.release import Claim, Outcome, Release, UnreadableClaim, UnreadableRecord
from hybridctl.errors import ClaimUnreadable, ReleaseInProgress, TakenOver


@dataclass
class FakeJournal:
    """One environment's journal, shared by its users: claims are distinguished by who decided to end them."""

    records: dict[str, Release] = field(default_factory=dict)
    holder: Release | None = None
    orphaned: bool = False
    written: int = 0

    odd: list[UnreadableRecord] = field(default_factory=list)
    odd_claim: UnreadableClaim | None = None

    @property
    def unreadable(self) -> Sequence[UnreadableRecord]:
        return self.odd

    def releases(self, limit: int | None = None, *, beginning: str = "") -> Sequence[Release]:
        found = [self.records[key] for key in sorted(self.records) if key.startswith(beginning)]
        return found[-limit:] if limit else found

    def running(self) -> Release | None:
        claim = self.claim()
        return claim.release if claim else None

    def claim(self) -> Claim | None:
        if self.odd_claim:
            what = f"unreadable: {self.odd_claim.key}: {self.odd_claim.reason}"
            raise ClaimUnreadable(what, hint="hybridctl state unlock", claim=self.odd_claim)
        return Claim(self.holder, str(self.written), self.orphaned) if self.holder else None

    def begin(self, release: Release, after: str | None = None) -> None:
        claim = self.claim()
        closed = None
        if claim is not None and claim.abandoned:
            closed = self.give_up(claim, "its process died before finishing")
        if self.holder is not None:
            raise ReleaseInProgress(
                f"{self.holder.kind} {self.holder.id} is in progress: {self.holder.actor}", hint="wait for it to end"
            )
        newest = self.releases(1)
        if after is not None and has_gone_on(newest, after, closed):
            raise explain_overtaken(release, newest)
        self._write(release)

    def keep(self, release: Release) -> None:
        self.confirm(release)
        self._write(release)

    def confirm(self, release: Release) -> None:
        holder = self.holder
        if holder is None or holder.id != release.id or holder.decision != release.decision:
            raise self._describe_takeover(release)

    def take_over(self, claim: Claim, release: Release) -> None:
        if self.holder is None or claim.tag != str(self.written):
            raise self._describe_takeover(release)
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
            known = self.records[known.id] = known.finish(Outcome.INTERRUPTED, NOON, message=message)
        self.holder = None
        return known

    def remove_claim(self, claim: UnreadableClaim, message: str) -> Release | None:
        self.odd_claim = None
        newest = self.releases(1)
        if not newest or newest[0].outcome is not Outcome.RUNNING:
            return None
        closed = self.records[newest[0].id] = newest[0].finish(Outcome.INTERRUPTED, NOON, message=message)
        return closed

    def _write(self, release: Release) -> None:
        self.written += 1
        self.holder = self.records[release.id] = release

    def _describe_takeover(self, release: Release) -> TakenOver:
        now = self.records[release.id]
        who = f"{now.decision.actor} on {now.decision.host}" if now.decision else "itself"
        doing = "is being ended" if now.outcome is Outcome.RUNNING else "was ended"
        return TakenOver(f"release {release.id} {doing} by {who}", hint="hybridctl status")
