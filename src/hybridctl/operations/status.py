"""Show in one screen whether an environment is healthy, and what is live."""

from collections.abc import Callable

from hybridctl.domain.checks import judge, verdict_on
from hybridctl.domain.console import dashboard_url, log_group_url
from hybridctl.domain.diagnosis import HealthVerdict, next_command
from hybridctl.domain.facts import Facts, value_or_none
from hybridctl.domain.status import Status
from hybridctl.operations.facts import FactsPorts, read_facts
from hybridctl.ports.run import Clock, Progress

Heard = Callable[[Status], None]


def read_status(backend: FactsPorts, clock: Clock, *, drift_seen_by: Progress | None = None) -> Status:
    """Return the environment's status, with drift if `drift_seen_by` is given, which shows its step."""
    return show_facts(read_facts(backend, clock, drift_seen_by=drift_seen_by), clock)


def show_facts(facts: Facts, clock: Clock) -> Status:
    """Return the status for these facts."""
    findings = judge(facts)
    verdict = verdict_on(facts, findings)
    claim, history = value_or_none(facts.claim), value_or_none(facts.history)
    named = facts.outputs.values if facts.outputs else {}
    dashboard, group = named.get("dashboard_name"), named.get("lambda_log_group")
    return Status(
        place=facts.place,
        verdict=verdict,
        at=clock.now(),
        findings=findings,
        next="" if verdict is HealthVerdict.HEALTHY else next_command(findings) or _otherwise(verdict, facts),
        endpoint=str(facts.outputs.values["api_endpoint"]).rstrip("/")
        if facts.outputs and "api_endpoint" in facts.outputs.values
        else None,
        alias=value_or_none(facts.alias),
        newest=facts.outputs.newest if facts.outputs else None,
        release=history[-1] if history else None,
        running=claim.release if claim else None,
        health=value_or_none(facts.health),
        alarms=value_or_none(facts.alarms),
        last_hour=value_or_none(facts.last_hour),
        provisioned=value_or_none(facts.provisioned),
        drift=value_or_none(facts.drift),
        dashboard_url=dashboard_url(facts.place, str(dashboard)) if dashboard else None,
        log_url=log_group_url(facts.place, str(group)) if group else None,
    )


def watch_status(backend: FactsPorts, clock: Clock, *, seconds: float, heard: Heard) -> None:
    """Read the status repeatedly until Ctrl-C; what cannot be read is part of each reading."""
    while True:
        heard(read_status(backend, clock))
        clock.sleep(seconds)


def _otherwise(verdict: HealthVerdict, facts: Facts) -> str:
    name = facts.place.environment
    if verdict is HealthVerdict.NOT_DEPLOYED:
        return f"hybridctl deploy {name}"
    return f"hybridctl status {name} --watch" if verdict is HealthVerdict.RELEASING else f"hybridctl doctor {name}"
