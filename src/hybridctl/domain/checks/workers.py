"""Check that each worker's alias points where the last release left it."""

from hybridctl.domain.diagnosis import Finding, fail, ok, warn
from hybridctl.domain.facts import Facts, WorkerFact, require
from hybridctl.domain.history import last_lineup
from hybridctl.domain.release import Alias, Release


def workers(facts: Facts) -> Finding:
    """Return a finding about the first worker with a problem, or about all workers and their versions."""
    name, deploy = "workers", f"hybridctl deploy {facts.place.environment}"
    found, claim, history = require(facts.workers), require(facts.claim), require(facts.history)
    gone = [one.name for one in found if one.alias is None]
    if gone:
        return fail(name, f"the function of {', '.join(gone)}, or its alias, is gone", deploy)
    lineup = last_lineup(history)
    for worker in found:
        alias = worker.alias
        assert alias is not None  # noqa: S101  (none is gone)
        if claim is not None:
            wrong = _while_releasing(worker.name, alias, claim.release)
        else:
            wrong = _at_rest(worker.name, alias, lineup.workers.get(worker.name) if lineup else None)
        if wrong:
            fix = deploy if "no release has verified" in wrong else f"hybridctl rollback {facts.place.environment}"
            return warn(name, wrong, fix if claim is None else "hybridctl releases")
    return ok(name, ", ".join(_in_words(one) for one in found))


def _while_releasing(worker: str, alias: Alias, release: Release) -> str:
    move = next((one for one in release.workers if one.name == worker), None)
    if move is None or {alias.version, *alias.weights} <= {move.before, move.after}:
        return ""
    return f"{alias.name} of {worker} serves version {alias.version}, which release {release.id} does not move"


def _at_rest(worker: str, alias: Alias, expected: int | None) -> str:
    if alias.weights:
        return f"{alias.name} of {worker} shares its traffic, and no release shares it"
    if expected is None:
        return f"version {alias.version} of {worker} serves, and no release has verified it"
    if expected != alias.version:
        serves = f"it serves version {alias.version}, and the last release left {expected}"
        return f"somebody moved {alias.name} of {worker}: {serves}"
    return ""


def _in_words(worker: WorkerFact) -> str:
    serves = worker.alias.version if worker.alias else None
    behind = f" (newest is {worker.newest})" if worker.newest not in (None, serves) else ""
    return f"{worker.name} version {serves}{behind}"
