"""End a rollout from any machine: give the new version all traffic, or return it to the old one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Alias, Claim, Decision, Outcome, Release, Rollout
from hybridctl.domain.smoke import SmokeReport
from hybridctl.domain.strategy import Phase
from hybridctl.domain.watch import WatchFinding, WatchReport
from hybridctl.errors import AliasMoved, NotDeployed, NotFound, TakenOver, Unanswered, WatchFailed
from hybridctl.operations.draft import Draft
from hybridctl.operations.endpoint import endpoint_of
from hybridctl.operations.record import RecordPorts, record_end_of_rollout
from hybridctl.operations.release import complete_release
from hybridctl.operations.steady_progress import SteadyProgress
from hybridctl.operations.take_back import return_to
from hybridctl.operations.traffic import Traffic, TrafficPorts, must_serve
from hybridctl.operations.verification import verify_return
from hybridctl.operations.watch import Watch, WatchPorts, in_words
from hybridctl.operations.workers import members_of, moving_together, return_all, reverse_moves
from hybridctl.ports.machine import Checkout
from hybridctl.ports.release import HasWorkers
from hybridctl.ports.run import Clock, Progress
from hybridctl.ports.terraform import HasState

_JUDGED = timedelta(hours=1)  # what a rollout that ran longer is judged by: its last hour
_STALE = timedelta(minutes=15)  # a decision takes a minute; one that is this old, on whatever host, has been given up


class EndingPorts(RecordPorts, TrafficPorts, WatchPorts, HasState, HasWorkers, Protocol):
    """The ports that ending a rollout uses."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A rollout that can be ended; `watch` holds its numbers so far, None while it has no traffic."""

    claim: Claim
    rollout: Rollout
    outputs: Outputs
    watch: WatchReport | None = None

    @property
    def release(self) -> Release:
        return self.claim.release


@dataclass(frozen=True, slots=True)
class Promoted:
    """The new version has all traffic."""

    endpoint: str
    version: int
    smoke: SmokeReport
    release: Release
    watch: WatchReport | None = None


@dataclass(frozen=True, slots=True)
class Aborted:
    """The old version has all traffic again; `smoke` is its report after that."""

    endpoint: str
    version: int
    smoke: SmokeReport
    release: Release


@dataclass
class Ending:
    """Promote or abort the rollout of one environment."""

    backend: EndingPorts
    checkout: Checkout
    clock: Clock
    progress: Progress
    user: str

    def __post_init__(self) -> None:
        self.progress = SteadyProgress(self.progress)

    def find(self) -> Pending:
        """Return the running or waiting rollout. Raises NotFound if there is none, and TakenOver if someone else is
        ending it.
        """
        claim, outputs = self.backend.journal.claim(), self.backend.state.outputs()
        name = self.backend.place.environment
        if outputs is None:
            raise NotDeployed(f"{name} is not deployed", hint=f"hybridctl deploy {name}")
        if claim is None or claim.release.rollout is None:
            self._was_it_ended_just_now()
            what = f"{claim.release.kind} {claim.release.id} shares no traffic" if claim else "no rollout is running"
            raise NotFound(f"{name}: {what}, so there is nothing to promote or abort", hint="hybridctl status")
        decided = claim.release.decision
        if decided and not claim.orphaned and self.clock.now() - decided.at < _STALE:
            raise TakenOver(
                f"{decided.actor} on {decided.host} is already ending release {claim.release.id} with {decided.verb}",
                hint="hybridctl status",
            )
        return Pending(claim, claim.release.rollout, outputs)

    def judge(self, pending: Pending) -> Pending:
        """Return the rollout with its numbers so far. Raises WatchFailed if they show that the new version is worse."""
        rollout = pending.rollout
        if rollout.since is None:
            return pending
        with self.progress.step("watch") as step:
            step.now("reading the metrics so far")
            since = max(rollout.since, self.clock.now() - _JUDGED)
            endpoint = endpoint_of(self.backend, pending.outputs, self.clock)
            watch = Watch(self.backend, self.clock, endpoint.ask, rollout, since)
            report = watch.look(Phase(rollout.share, 0), ended=True)
            step.done(f"{report.verdict.finding.value}: {in_words(report)}")
            if report.verdict.finding is WatchFinding.FAIL:
                name = pending.release.environment
                raise WatchFailed(
                    f"version {rollout.new} was not promoted: {'; '.join(report.verdict.reasons)}",
                    hint=f"hybridctl abort {name}, or hybridctl promote {name} --force",
                    result=report,
                )
        return replace(pending, watch=report)

    def promote(self, pending: Pending) -> Promoted:
        """Give the new version all traffic and verify it. Raises ReleaseTakenBack if it fails and the old version
        serves again.
        """
        rollout, release = pending.rollout, pending.release
        traffic = self._traffic(pending)
        decision = self._decision("promote")
        self.backend.probe.prepare(pending.outputs.endpoint)
        with record_end_of_rollout(self.backend, self.clock, self.progress, pending.claim, decision) as draft:
            with self._handing_back(draft, traffic, rollout):
                draft.interrupts.raise_once()
                alias = traffic.read_patiently(traffic.live)
                must_serve(alias, (rollout.old, rollout.new))
                members = members_of(self.backend, traffic, release.workers)
            before = Alias(alias.name, rollout.old, alias.revision)
            with moving_together(members):
                report = complete_release(traffic, before, alias, rollout.new, release.build)
            draft.note(verified=True)
        self.checkout.keep_outputs(release.environment, pending.outputs)
        return Promoted(pending.outputs.endpoint, rollout.new, report, draft.release, pending.watch)

    def abort(self, pending: Pending, reason: str) -> Aborted:
        """Give the old version all traffic again and smoke-test it."""
        rollout = pending.rollout
        traffic = self._traffic(pending)
        decision = self._decision("abort")
        with record_end_of_rollout(self.backend, self.clock, self.progress, pending.claim, decision) as draft:
            with self._handing_back(draft, traffic, rollout), self.progress.step("roll back") as step:
                draft.interrupts.raise_once()
                must_serve(traffic.read_patiently(traffic.live), (rollout.old, rollout.new))
                members = members_of(self.backend, traffic, reverse_moves(pending.release))
                alias = return_to(traffic, rollout.old)
                step.done(f"{alias.name} serves only version {alias.version}")
            return_all(members)
            draft.stands = Outcome.TAKEN_BACK
            report = verify_return(traffic, alias)
            message = f"aborted by {decision.actor}" + (f": {reason}" if reason else "")
            draft.end(Outcome.TAKEN_BACK, self.clock.now(), message)
        return Aborted(pending.outputs.endpoint, rollout.old, report, draft.release)

    @contextmanager
    def _handing_back(self, draft: Draft, traffic: Traffic, rollout: Rollout) -> Iterator[None]:
        """Leave the rollout waiting as before if the block fails without a move, or if it is unknown whether anything
        moved: ending a rollout twice does no harm.

        If someone else moved the alias, no rollout is left to be ended.
        """
        try:
            yield
        except AliasMoved:
            raise
        except BaseException as cause:
            alias = traffic.try_to_read()
            if alias is None or _is_shared(alias, rollout):
                draft.hand_back(rollout)
                if isinstance(cause, Unanswered):
                    name = draft.release.environment
                    cause.hint = f"hybridctl promote {name}, or hybridctl abort {name}"
            raise

    def _was_it_ended_just_now(self) -> None:
        last = next(iter(self.backend.journal.releases(1)), None)
        if last is not None and last.decision is not None:
            who = f"{last.decision.actor} on {last.decision.host}"
            raise TakenOver(f"release {last.id} was already {last.decision.past} by {who}", hint="hybridctl releases")

    def _decision(self, verb: str) -> Decision:
        return Decision(verb, self.checkout.actor(), self.checkout.host(), self.clock.now())

    def _traffic(self, pending: Pending) -> Traffic:
        backend = self.backend
        return Traffic.of(backend, pending.outputs, self.clock, self.progress, self.user)


def _is_shared(alias: Alias, rollout: Rollout) -> bool:
    """Return whether the alias serves the old version, and the new one its share if it was given one."""
    return alias.version == rollout.old and set(alias.weights) == ({rollout.new} if rollout.share else set())
