"""Move the alias back to an earlier version: plan, prove, shift, verify and record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hybridctl.domain.history import (
    choose_lineup,
    choose_target,
    find_lineup,
    find_release,
    last_lineup,
    mark_of,
    newest_first,
)
from hybridctl.domain.lineup import Lineup, lineup_after, moves_between
from hybridctl.domain.outputs import Outputs, no_function
from hybridctl.domain.release import Alias, Kind, Outcome, Release, WorkerMove
from hybridctl.domain.smoke import SmokeReport
from hybridctl.errors import (
    CheckFailed,
    HybridctlError,
    Interrupted,
    NoAnswer,
    NotFound,
    OutcomeUnknown,
    Unanswered,
)
from hybridctl.operations.draft import Draft
from hybridctl.operations.proof import prove_version, warm_version
from hybridctl.operations.record import RecordPorts, begin, no_rollout_may_run, record_release
from hybridctl.operations.smoke_suite import must_be_green
from hybridctl.operations.steady_progress import SteadyProgress
from hybridctl.operations.take_back import describe, return_to
from hybridctl.operations.traffic import Traffic, TrafficPorts
from hybridctl.operations.verification import verify_return
from hybridctl.operations.versions import list_numbers
from hybridctl.operations.workers import members_of, read_lineup, return_all
from hybridctl.ports.machine import Checkout
from hybridctl.ports.release import HasWorkers
from hybridctl.ports.run import Clock, Progress
from hybridctl.ports.terraform import HasState

NOT_RESTORED = ("table data", "Terraform's settings (tables, API, alarms)")


class RollbackPorts(RecordPorts, TrafficPorts, HasState, HasWorkers, Protocol):
    """The ports that a rollback uses."""


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """The aliases' current and target versions; `build` is what the target reported when it was released.

    `recorded` is False if the history does not say that the serving version is live. `mark` distinguishes this history
    from a longer one.
    """

    alias: Alias
    target: int
    build: str | None
    outputs: Outputs
    recorded: bool = True
    workers: tuple[WorkerMove, ...] = ()
    mark: str = ""

    @property
    def is_noop(self) -> bool:
        return self.alias.serves_only(self.target) and self.recorded and all(m.before == m.after for m in self.workers)


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A finished rollback; `not_restored` is what moving an alias cannot restore."""

    endpoint: str
    version_before: int
    version: int
    smoke: SmokeReport
    release: Release
    not_restored: tuple[str, ...] = NOT_RESTORED


def plan_rollback(backend: RollbackPorts, *, to: int | None = None, release: str | None = None) -> RollbackPlan:
    """Plan a rollback to a version, to the versions of a release, or to the last good version.

    Raises NotDeployed, NotFound, VersionNotFound or ReleaseInProgress.
    """
    outputs = backend.state.outputs()
    history = backend.journal.releases()
    mark = mark_of(history)  # before the alias is read: what changes it afterwards also changes the mark
    alias = backend.functions.live() if outputs else None
    if outputs is None or alias is None:
        raise no_function(backend.place.environment, outputs, "there is nothing to roll back")
    no_rollout_may_run(backend.journal.claim())
    published = list_numbers(backend.functions)
    now = read_lineup(backend, alias)
    wanted = None
    if release is not None:
        wanted = _lineup_of(find_release(history, release))
    elif to is not None:
        wanted = find_lineup(to, history)
    else:
        wanted = _find_unfinished(history, published)
    if wanted is None and now.workers:
        wanted = choose_lineup(now, published, history)
    target = choose_target(alias, published, history, wanted.version if wanted else None)
    moves = moves_between(now.workers, {**now.workers, **_find_workers(wanted, now)})
    builds = (release.build for release in newest_first(history) if release.version_after == target)
    lineup = last_lineup(history)
    is_told = lineup is not None and lineup.version == alias.version and now.workers.items() <= lineup.workers.items()
    return RollbackPlan(alias, target, next(filter(None, builds), None), outputs, not history or is_told, moves, mark)


def _find_workers(wanted: Lineup | None, now: Lineup) -> dict[str, int]:
    """Return the target versions of the workers that exist."""
    return {name: version for name, version in wanted.workers.items() if name in now.workers} if wanted else {}


def _find_unfinished(history: Sequence[Release], published: Sequence[int]) -> Lineup | None:
    """Return the target of the newest release, if that is a rollback that did not finish."""
    if not history:
        return None
    last = history[-1]
    given_up = last.kind is Kind.ROLLBACK and last.outcome in (Outcome.RUNNING, Outcome.INTERRUPTED, Outcome.UNKNOWN)
    return lineup_after(last) if given_up and last.version_after in published else None


def _lineup_of(release: Release) -> Lineup:
    lineup = lineup_after(release)
    if lineup is None:
        raise NotFound(f"release {release.id} published no version", hint="hybridctl releases")
    return lineup


@dataclass
class Rollback:
    """One rollback of one environment."""

    backend: RollbackPorts
    checkout: Checkout
    clock: Clock
    progress: Progress
    user: str

    def __post_init__(self) -> None:
        self.progress = SteadyProgress(self.progress)

    def carry_out(self, plan: RollbackPlan, reason: str) -> RolledBack:
        facts = {
            "version_before": plan.alias.version,
            "version_after": plan.target,
            "build": plan.build,
            "workers": plan.workers,
        }
        release = begin(self.backend, self.checkout, self.clock, Kind.ROLLBACK, reason, facts, after=plan.mark)
        traffic = Traffic.of(self.backend, plan.outputs, self.clock, self.progress, self.user)
        self.backend.probe.prepare(plan.outputs.endpoint)
        members = members_of(self.backend, traffic, plan.workers)
        with record_release(self.backend, self.clock, self.progress, release, after=plan.mark) as draft:
            prove_version(traffic, plan.target, plan.build)
            for member in members:
                member.prove()
            draft.interrupts.raise_once()
            if traffic.serving().version != plan.target:
                warm_version(traffic, plan.target)
            with self.progress.step("shift") as step:
                alias = return_to(traffic, plan.target)
                step.done(f"{alias.name}: version {plan.alias.version} → {plan.target}")
            return_all(members)
            report = self._verify(traffic, alias, plan, draft)
            draft.note(verified=True)
        return RolledBack(plan.outputs.endpoint, plan.alias.version, plan.target, report, draft.release)

    def _verify(self, traffic: Traffic, alias: Alias, plan: RollbackPlan, draft: Draft) -> SmokeReport:
        """Verify the target, which serves already: problems are reported and recorded, but nothing moves back."""
        name, serves = (
            self.backend.place.environment,
            f"version {plan.target} serves all traffic and passed its smoke test",
        )
        again = f"to verify it again: hybridctl rollback {name} --version {plan.target}"
        try:
            report = verify_return(traffic, alias, plan.build)
            return must_be_green(report)
        except NoAnswer as silence:
            raise Unanswered(
                f"{serves}, but could not be verified: {silence}", hint=again, result=silence.result
            ) from silence
        except CheckFailed as red:
            draft.stands = Outcome.LIVE
            what = f"{serves}; the public endpoint failed: {red}"
            raise CheckFailed(what, hint=red.hint, result=red.result) from red
        except KeyboardInterrupt as cause:
            raise Interrupted(f"interrupted: {serves}; it is not verified", hint=again) from cause
        except HybridctlError:
            raise
        except BaseException as cause:
            raise OutcomeUnknown(f"{serves}; it is not verified: {describe(cause)}", hint=again) from cause
