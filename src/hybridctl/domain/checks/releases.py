"""Checks of Terraform's state, its lock, the claim, and the outcome of the last release."""

from datetime import timedelta

from hybridctl.domain.counting import count_noun
from hybridctl.domain.diagnosis import Finding, busy, fail, ok, unknown, warn
from hybridctl.domain.facts import Facts, Unread, require, value_or_none
from hybridctl.domain.history import last_live_version
from hybridctl.domain.outputs import find_missing_outputs
from hybridctl.domain.release import Claim, Kind, Outcome, Release
from hybridctl.durations import describe_duration

OLD_LOCK = timedelta(minutes=15)  # plans and almost all applies of this size take less
_UNFINISHED = {
    Outcome.FAILED: "failed",
    Outcome.INTERRUPTED: "was interrupted",
    Outcome.UNKNOWN: "ended in an unknown way",
    Outcome.RUNNING: "did not finish",
}


def state(facts: Facts) -> Finding:
    stored, name = require(facts.stored), facts.place.environment
    if stored.unpushed is not None:
        summary = f"an apply could not write its state and saved it in {stored.unpushed}"
        return fail("state", summary, f"hybridctl state push {name}")
    if stored.is_empty:
        if facts.alias is not None and not isinstance(facts.alias, Unread):
            return fail("state", "the function exists, but has no state", f"hybridctl deploy {name}")
        return ok("state", "none yet")
    count = count_noun(len(facts.resources.found), "resource")
    if stored.outputs is None:
        summary = f"{count} but no outputs: the first apply did not finish"
        if _is_half_destroyed(facts):
            summary = f"{count} left: a destroy did not finish"
            return fail("state", summary, f"hybridctl destroy {name}")
        return fail("state", summary, f"hybridctl deploy {name}")
    has_api = any(facts.resources.of("aws_apigatewayv2_api"))
    if missing := find_missing_outputs(stored.outputs.values.keys(), has_api=has_api):
        return fail("state", f"{missing[0]}: {missing[1]}", f"hybridctl deploy {name}")
    return ok("state", f"{len(stored.outputs.values)} outputs")


def _is_half_destroyed(facts: Facts) -> bool:
    history = value_or_none(facts.history) or ()
    return bool(history) and history[-1].kind is Kind.DESTROY and history[-1].outcome in _UNFINISHED


def lock(facts: Facts) -> Finding:
    found, name = require(facts.lock), facts.place.environment
    if found is None:
        return ok("lock", "not locked")
    holder = f"an unknown holder: {found.unreadable}" if found.unreadable else f"{found.who} ({found.work})"
    dead = ", whose Terraform process has died" if found.is_dead else ""
    summary = f"locked for {describe_duration(found.age)} by {holder}{dead}"
    fix = f"hybridctl deploy {name}" if found.is_dead else f"hybridctl state unlock {name}"
    if found.is_dead or found.unreadable or timedelta(seconds=found.age) > OLD_LOCK:
        return warn("lock", summary, fix)
    return busy("lock", f"{summary}; if that process is dead:", fix)


def release(facts: Facts) -> Finding:
    """Check the claim on the environment first, then the record of the last release."""
    if (claim := require(facts.claim)) is not None:
        return _claim(claim, facts.place.environment)
    history = require(facts.history)
    if facts.unreadable_records:
        summary = "; ".join(facts.unreadable_records[:2])
        return unknown("release", summary, f"hybridctl deploy {facts.place.environment}")
    return _last(history, facts) if history else ok("release", "none yet")


def _claim(claim: Claim, name: str) -> Finding:
    release = claim.release
    summary = f"{release.kind} {release.id} of {release.actor} on {release.host}"
    if release.rollout is not None and release.outcome is Outcome.RUNNING:
        fix = f"hybridctl promote {name}, or hybridctl abort {name}"
        strategy = f"shares the traffic ({release.rollout.strategy})"
        if claim.orphaned and not release.rollout.waiting:
            return warn("release", f"{summary} {strategy}, and its process has died", fix)
        return busy("release", f"{summary} {strategy}", fix)
    if claim.orphaned:
        return warn("release", f"{summary} died half way", _again(release))
    return busy("release", f"{summary} is in progress", f"hybridctl status {name} --watch")


def _last(history: tuple[Release, ...], facts: Facts) -> Finding:
    last = history[-1]
    summary = f"{last.kind} {last.id} of {last.actor}"
    if last.outcome not in _UNFINISHED:
        return ok("release", f"{summary}: {last.outcome.label}")
    if not facts.is_deployed and last.kind is not Kind.DESTROY:
        return warn("release", f"{summary} {_UNFINISHED[last.outcome]}", _again(last))
    still = last_live_version(history)
    serving = f"; version {still} was live before" if still is not None else ""
    return warn("release", f"{summary} {_UNFINISHED[last.outcome]}{serving}{_why(last)}", _again(last))


def _again(release: Release) -> str:
    return f"hybridctl {release.kind} {release.environment}"


def _why(release: Release) -> str:
    return f": {shorten(release.message)}" if release.message else ""


def shorten(text: str, limit: int = 160) -> str:
    """Return the text on one line, cut between words after `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit].rsplit(' ', 1)[0]} …"
