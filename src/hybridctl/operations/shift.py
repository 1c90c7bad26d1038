"""Shift traffic to a proven version step by step, watch each step, and roll back if the version is worse."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Alias, Rollout
from hybridctl.domain.shift import ShiftRequest
from hybridctl.domain.smoke import SmokeReport
from hybridctl.domain.strategy import Phase, Shift, percent
from hybridctl.domain.watch import WatchFinding, WatchReport
from hybridctl.errors import AwsRefused, TakenOver, WatchFailed, WatchInconclusive
from hybridctl.operations.draft import Draft
from hybridctl.operations.endpoint import PublicPorts
from hybridctl.operations.move_alias import move_alias
from hybridctl.operations.proof import warm_version
from hybridctl.operations.release import complete_release, release_version
from hybridctl.operations.take_back import take_back
from hybridctl.operations.traffic import Traffic
from hybridctl.operations.watch import Watch, WatchPorts, in_words, red_alarms
from hybridctl.operations.worker_watch import find_failing
from hybridctl.operations.workers import Member
from hybridctl.ports.insight import AlarmSource
from hybridctl.ports.release import HasWorkers
from hybridctl.ports.run import Clock


class ShiftPorts(PublicPorts, WatchPorts, HasWorkers, Protocol):
    """The ports that a strategy's steps use."""


@dataclass(frozen=True, slots=True)
class Shifted:
    """The result of a complete shift: each watch's report, and the final smoke report."""

    smoke: SmokeReport
    watches: tuple[WatchReport, ...] = ()


@dataclass
class Gradual:
    """One release by a strategy; `red_before` are the stopping alarms that were already red before it began.

    `members` are the workers that moved before the first share and are watched together with the function.
    """

    backend: ShiftPorts
    clock: Clock
    traffic: Traffic
    draft: Draft
    request: ShiftRequest
    stop_alarms: tuple[str, ...] = ()
    red_before: tuple[str, ...] = ()
    watches: list[WatchReport] = field(default_factory=list)
    members: Sequence[Member] = ()

    def release(self, version: int, build: str | None) -> Shifted | None:
        """Run the strategy and return the result; None if the release was left running. Raises ReleaseTakenBack,
        WatchInconclusive or TakenOver.
        """
        before = self.traffic.serving()
        strategy = self.request.strategy
        if strategy.shift is Shift.ALL_AT_ONCE or before.serves_only(version):
            return Shifted(release_version(self.traffic, version, build))
        self.draft.note(
            rollout=Rollout(
                strategy=strategy.notation,
                old=before.version,
                new=version,
                stop_alarms=self.stop_alarms,
                red_before=self.red_before,
            )
        )
        if strategy.shift is Shift.BLUE_GREEN:
            self._leave()
            return None
        try:
            alias = self._step_by_step(before, version)
        except (WatchInconclusive, TakenOver):
            raise
        except BaseException as cause:
            take_back(self.traffic, before, version, cause)
            raise
        if alias is None:
            return None
        return Shifted(complete_release(self.traffic, before, alias, version, build), tuple(self.watches))

    def waits_with(self, version: int) -> bool:
        """Return whether the version gets no traffic until it is promoted."""
        return self.request.strategy.shift is Shift.BLUE_GREEN and not self.traffic.serving().serves_only(version)

    def _step_by_step(self, before: Alias, version: int) -> Alias | None:
        """Run every phase of the strategy; return None if it is to be left after the first shift."""
        alias = self.traffic.live()
        watch: Watch | None = None
        warm_version(self.traffic, version)
        for phase in self.request.strategy.phases:
            alias = self._shift(alias, before.version, version, phase)
            if self.request.detach:
                self._leave()
                return None
            watch = watch or self._watch()
            self._judge(watch, phase)
        self.draft.keep()
        return alias

    def _shift(self, alias: Alias, old: int, new: int, phase: Phase) -> Alias:
        """Increase the new version's share. The record is written first, so that a later process knows about it after a
        crash.
        """
        with self.traffic.progress.step("shift") as step:
            since = self._rollout.since or self.clock.now()
            self.draft.note(rollout=replace(self._rollout, share=phase.share, since=since))
            self.draft.keep()
            moved = move_alias(self.traffic, alias, to=old, weights={new: phase.share})
            step.done(f"{alias.name}: {percent(phase.share)} of the traffic to version {new}, the rest to {old}")
            return moved

    def _watch(self) -> Watch:
        return Watch(
            backend=self.backend,
            clock=self.clock,
            ask=self.traffic.ask,
            rollout=self._rollout,
            since=self._rollout.since or self.clock.now(),
            confirm=self.draft.confirm,
            probes=self.request.probes,
        )

    def _judge(self, watch: Watch, phase: Phase) -> None:
        with self.traffic.progress.step("watch") as step:
            step.now(f"{percent(phase.share)} for {phase.seconds:.0f} s")
            try:
                report = watch.run(phase, step)
                failing = self._failing_workers()
            except AwsRefused as cause:  # it says nothing of the new version
                raise self._leave_undecided(phase, str(cause)) from cause
            self.watches.append(report)
            verdict = report.verdict
            step.done(f"{verdict.finding.value}: {in_words(report)}")
            if verdict.finding is WatchFinding.FAIL or failing:
                reasons = verdict.reasons if verdict.finding is WatchFinding.FAIL else ()
                raise WatchFailed("; ".join((*reasons, *failing)), result=report)
        if verdict.finding is WatchFinding.INCONCLUSIVE:
            raise self._leave_undecided(phase, "; ".join(verdict.reasons), report)

    def _failing_workers(self) -> list[str]:
        since = self._rollout.since
        return find_failing(self.backend.workers, self.members, since, self.clock.now()) if since else []

    def _leave_undecided(self, phase: Phase, why: str, report: WatchReport | None = None) -> WatchInconclusive:
        """Keep the share and leave the decision to a person: nothing shows that the new version is worse."""
        self._leave()
        environment = self.draft.release.environment
        return WatchInconclusive(
            f"inconclusive: {why}; version {self._rollout.new} keeps "
            f"{percent(phase.share)} of the traffic until you decide",
            hint=f"hybridctl promote {environment}, or hybridctl abort {environment}; --probe N sends requests",
            result=report,
        )

    def _leave(self) -> None:
        self.draft.leave(rollout=replace(self._rollout, waiting=True))

    @property
    def _rollout(self) -> Rollout:
        rollout = self.draft.release.rollout
        assert rollout is not None  # noqa: S101  (noted before the first shift)
        return rollout


def stopping_alarms(request: ShiftRequest, outputs: Outputs) -> tuple[str, ...]:
    """Return the alarms that end a release: the configured ones, or else all that Terraform created."""
    if request.stop_alarms is not None:
        return request.stop_alarms
    names = outputs.values.get("alarm_names") or ()
    return tuple(str(name) for name in names) if isinstance(names, Sequence) and not isinstance(names, str) else ()


def alarms_before(source: AlarmSource, request: ShiftRequest, outputs: Outputs | None) -> tuple[str, ...]:
    """Return the stopping alarms that are already red; none if the release is not watched."""
    if outputs is None or not request.strategy.phases:
        return ()
    return red_alarms(source, stopping_alarms(request, outputs))
