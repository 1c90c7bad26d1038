"""The checks of a deployed environment. `status` and `doctor` both use this list and the same facts."""

from collections.abc import Callable, Mapping

from hybridctl.domain.checks import http_api, monitoring, releases, resources
from hybridctl.domain.checks import workers as of_workers
from hybridctl.domain.diagnosis import Finding, HealthVerdict, Level, unknown, verdict_of
from hybridctl.domain.facts import Facts, NotRead

Check = Callable[[Facts], Finding]

# In the order in which faults have to be fixed: a lock blocks the deploy that restores a table.
_ALWAYS: Mapping[str, Check] = {"state": releases.state, "lock": releases.lock, "release": releases.release}
_DEPLOYED: Mapping[str, Check] = {
    "alias": resources.alias,
    "workers": of_workers.workers,
    "function": resources.function,
    "concurrency": resources.concurrency,
    "by hand": resources.by_hand,
    "tables": resources.tables,
    "ttl": resources.time_to_live,
    "routes": http_api.routes,
    "permission": http_api.permission,
    "log": monitoring.log_groups,
    "health": monitoring.health,
    "alarms": monitoring.alarms,
    "metrics": monitoring.metrics,
    "drift": monitoring.drift,
}


def judge(facts: Facts) -> tuple[Finding, ...]:
    """Return one finding for each check. An environment that is not deployed has only the state, lock and release
    checks.
    """
    checks = {**_ALWAYS, **(_DEPLOYED if facts.is_deployed else {})}
    if not facts.workers:
        checks.pop("workers", None)
    findings = tuple(_run(name, check, facts) for name, check in checks.items())
    return tuple(_explain(one, findings, facts) for one in findings)


def _run(name: str, check: Check, facts: Facts) -> Finding:
    """Return the check's finding, or an unknown finding if a fact that it needs could not be read."""
    try:
        return check(facts)
    except NotRead as gap:
        is_circular = gap.fact.hint.startswith("hybridctl doctor")
        return unknown(name, gap.fact.what, "" if is_circular else gap.fact.hint)


def verdict_on(facts: Facts, findings: tuple[Finding, ...]) -> HealthVerdict:
    return verdict_of(findings, is_deployed=facts.is_deployed)


def _explain(finding: Finding, all_of_them: tuple[Finding, ...], facts: Facts) -> Finding:
    """Add the next command to a failed health finding, unless another finding explains it."""
    if finding.name != "health" or finding.level is not Level.FAIL:
        return finding
    others = [one for one in all_of_them if one.level in (Level.FAIL, Level.WARN) and one.name not in _SYMPTOMS]
    fix = "" if others else monitoring.next_after_bad_health(facts)
    return Finding(finding.name, finding.level, finding.detail, fix)


_SYMPTOMS = ("health", "alarms")
__all__ = ["judge", "verdict_on"]
