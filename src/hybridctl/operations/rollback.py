"""Return the alias to an earlier version: plan first, then prove, shift, verify and record."""

from collections.abc import Sequence
from dataclasses import dataclass

from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Alias, Kind, Outcome, Release, choose_target, find_release, told_live
from hybridctl.domain.smoke import SmokeReport
from hybridctl.errors import NotDeployed, NotFound
from hybridctl.operations.recorded import begin, no_rollout_may_run, recorded
from hybridctl.operations.release import Traffic
from hybridctl.ports import Backend, Checkout, Clock, Progress

NOT_RESTORED = ("table data", "Terraform's settings (tables, API, alarms)")


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """Where the alias is and where it would go; `build` is what the target reported when it was released.

    `recorded` is false when the history does not say that what serves now is live.
    """

    alias: Alias
    target: int
    build: str | None
    outputs: Outputs
    recorded: bool = True

    @property
    def is_noop(self) -> bool:
        return self.alias.serves_only(self.target) and self.recorded


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A finished rollback; `not_restored` is what an alias cannot bring back."""

    endpoint: str
    version_before: int
    version: int
    smoke: SmokeReport
    release: Release
    not_restored: tuple[str, ...] = NOT_RESTORED


def plan_rollback(backend: Backend, *, to: int | None = None, release: str | None = None) -> RollbackPlan:
    """The rollback that would be made, to a version, to what a release made live, or to the last good one.

    Raises NotDeployed, NotFound, VersionNotFound or ReleaseInProgress.
    """
    outputs = backend.state.outputs()
    alias = backend.functions.live() if outputs else None
    if outputs is None or alias is None:
        name = backend.place.environment
        raise NotDeployed(f"{name} is not deployed, so there is nothing to roll back", hint=f"hybridctl deploy {name}")
    no_rollout_may_run(backend)
    published = [version.number for version in backend.functions.versions()]
    history = backend.journal.releases()
    if release is not None:
        to = _version_of(find_release(history, release))
    elif to is None:
        to = _unfinished(history, published)
    target = choose_target(alias, published, history, to)
    builds = (release.build for release in reversed(history) if release.version_after == target)
    is_recorded = not history or told_live(history) == alias.version
    return RollbackPlan(alias, target, next(filter(None, builds), None), outputs, is_recorded)


def _unfinished(history: Sequence[Release], published: Sequence[int]) -> int | None:
    """Where the newest release was going, if it was a rollback that never came to its end."""
    if not history:
        return None
    last = history[-1]
    given_up = last.kind is Kind.ROLLBACK and last.outcome in (Outcome.RUNNING, Outcome.INTERRUPTED, Outcome.UNKNOWN)
    return last.version_after if given_up and last.version_after in published else None


def _version_of(release: Release) -> int:
    if release.version_after is None:
        raise NotFound(f"release {release.id} published no version", hint="hybridctl releases")
    return release.version_after


@dataclass
class Rollback:
    """One rollback of one environment."""

    backend: Backend
    checkout: Checkout
    clock: Clock
    progress: Progress
    user: str

    def carry_out(self, plan: RollbackPlan, reason: str) -> RolledBack:
        facts = {"version_before": plan.alias.version, "version_after": plan.target, "build": plan.build}
        release = begin(self.backend, self.checkout, self.clock, Kind.ROLLBACK, reason, facts)
        traffic = Traffic.of(self.backend, plan.outputs, self.clock, self.progress, self.user)
        with recorded(self.backend, self.clock, self.progress, release) as draft:
            traffic.prove(plan.target, plan.build)
            report = traffic.release(plan.target, plan.build)
            draft.note(verified=True)
        return RolledBack(plan.outputs.endpoint, plan.alias.version, plan.target, report, draft.release)
