"""Errors for a claim that another release holds, has taken over, or came before."""

from collections.abc import Sequence

from hybridctl.domain.release import Claim, Outcome, Release
from hybridctl.errors import PlanStale, ReleaseInProgress, TakenOver


def explain_holder(found: Claim | None) -> ReleaseInProgress:
    """Return the error for an environment that another release holds, or held a moment ago."""
    if found is None:
        return ReleaseInProgress("another release is starting or ending right now", hint="try again")
    holder = found.release
    return ReleaseInProgress(
        f"{holder.kind} {holder.id} of {holder.environment} is in progress: "
        f"{holder.actor} on {holder.host}, since {holder.started:%H:%M:%S} UTC",
        hint=_how_it_ends(holder),
    )


def explain_takeover(now: Release) -> TakenOver:
    """Return the error for a claim that another process took over. `now` is the current record."""
    if now.decision is None:
        if now.outcome is Outcome.RUNNING:
            return TakenOver(f"release {now.id} has been continued in the meantime", hint="hybridctl status")
        return TakenOver(f"release {now.id} has already ended: {now.outcome}", hint="hybridctl releases")
    who = f"{now.decision.actor} on {now.decision.host}"
    if now.outcome is Outcome.RUNNING:
        return TakenOver(f"{who} is already ending release {now.id} with {now.decision.verb}", hint="hybridctl status")
    return TakenOver(f"release {now.id} was already {now.decision.past} by {who}", hint="hybridctl releases")


def explain_overtaken(release: Release, newest: Sequence[Release]) -> PlanStale:
    """Return the error for a release that is refused because another one ran since it was planned. `newest` contains
    the newest release.
    """
    other = f"{newest[-1].kind} {newest[-1].id} by {newest[-1].actor}" if newest else "another release"
    return PlanStale(
        f"{other} changed {release.environment} after this {release.kind} was planned",
        hint="nothing was changed; hybridctl status shows the current state, then run the command again",
    )


def _how_it_ends(holder: Release) -> str:
    if holder.rollout is None:
        return f"wait until it ends; if its process is dead: hybridctl state unlock {holder.environment}"
    return f"hybridctl promote {holder.environment}, or hybridctl abort {holder.environment}"
