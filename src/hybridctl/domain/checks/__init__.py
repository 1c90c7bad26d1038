"""The one list of checks of a deployed environment: `status` and `doctor` both judge the same facts by it."""

from collections.abc import Callable

from hybridctl.domain.checks import releases, serving, watching
from hybridctl.domain.checks import workers as of_workers
from hybridctl.domain.diagnosis import Finding, HealthVerdict, Level, verdict_of
from hybridctl.domain.facts import Facts

Check = Callable[[Facts], Finding]

# In the order in which faults have to be solved: a lock stops the deploy that restores a table.
_ALWAYS: tuple[Check, ...] = (releases.state, releases.lock, releases.release)
_DEPLOYED: tuple[Check, ...] = (
    serving.alias,
    serving.function,
    serving.concurrency,
    serving.by_hand,
    serving.tables,
    serving.time_to_live,
    serving.routes,
    serving.permission,
    watching.log_groups,
    watching.health,
    watching.alarms,
    watching.metrics,
    watching.drift,
)


def judge(facts: Facts) -> tuple[Finding, ...]:
    """One finding for each check; an environment that is not deployed has only its state, lock and releases."""
    checks = (*_ALWAYS, *_DEPLOYED) if facts.is_deployed else _ALWAYS
    if facts.is_deployed and facts.workers:
        at = checks.index(serving.alias) + 1
        checks = (*checks[:at], of_workers.workers, *checks[at:])
    findings = tuple(check(facts) for check in checks)
    return tuple(_explain(one, findings, facts) for one in findings)


def verdict_on(facts: Facts, findings: tuple[Finding, ...]) -> HealthVerdict:
    return verdict_of(findings, is_deployed=facts.is_deployed)


def _explain(finding: Finding, all_of_them: tuple[Finding, ...], facts: Facts) -> Finding:
    """Bad health says where to go on: nowhere else while another finding explains it."""
    if finding.name != "health" or finding.level is not Level.FAIL:
        return finding
    others = [one for one in all_of_them if one.level in (Level.FAIL, Level.WARN) and one.name not in _SYMPTOMS]
    fix = "" if others else watching.next_after_bad_health(facts)
    return Finding(finding.name, finding.level, finding.detail, fix)


_SYMPTOMS = ("health", "alarms")
__all__ = ["judge", "verdict_on"]
