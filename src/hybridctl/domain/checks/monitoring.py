"""Checks of what shows an environment's condition: logs, alarms, metrics, health, and drift."""

from hybridctl.domain.alarms import AlarmsReport, AlarmState
from hybridctl.domain.counting import count_noun
from hybridctl.domain.diagnosis import Finding, fail, ok, skip, unknown, warn
from hybridctl.domain.facts import Facts, Unread, require


def log_groups(facts: Facts) -> Finding:
    groups = require(facts.log_groups)
    deploy = f"hybridctl deploy {facts.place.environment}"
    gone = [name for name, group in groups.items() if group is None]
    if gone:
        what = "the log group" if len(gone) == 1 else "the log groups"
        return warn("log", f"{what} {', '.join(gone)} no longer {'exists' if len(gone) == 1 else 'exist'}", deploy)
    kept = {
        str(one.attributes.get("name")): one.attributes.get("retention_in_days") or None
        for one in facts.resources.of("aws_cloudwatch_log_group")
    }
    changed = [
        f"{name} keeps events {_days(group.retention)}, but Terraform set {_days(kept[name])}"
        for name, group in groups.items()
        if group is not None and name in kept and kept[name] != group.retention
    ]
    if changed:
        return warn("log", "; ".join(changed), deploy)
    return ok("log", ", ".join(groups) or "there is no log group")


def health(facts: Facts) -> Finding:
    found = require(facts.health)
    if found is None:
        return unknown("health", "not checked: there is no endpoint", f"hybridctl doctor {_name(facts)}")
    if found.ok:
        return ok("health", f"healthy, {found.milliseconds:.0f} ms")
    return fail("health", found.error)


def next_after_bad_health(facts: Facts) -> str:
    """Return the next command for bad health that no other check explains: check for drift, otherwise read the log."""
    if facts.drift is None or isinstance(facts.drift, Unread):
        return f"hybridctl doctor {_name(facts)} --drift"
    return f"hybridctl logs {_name(facts)} --since 15m --status 5xx, then hybridctl rollback {_name(facts)}"


def alarms(facts: Facts) -> Finding:
    report = require(facts.alarms)
    if report is None:
        return unknown("alarms", "the alarms were not read", f"hybridctl alarms {_name(facts)}")
    return judge_alarms(report)


def judge_alarms(report: AlarmsReport) -> Finding:
    """Judge the alarms. `status`, `doctor` and `alarms` share this judgement."""
    name, deploy = report.place.environment, f"hybridctl deploy {report.place.environment}"
    if not report.total:
        return ok("alarms", "there are no alarms")
    faults = ", ".join(describe_faults(report))
    red = [one for one in report.in_state(AlarmState.ALARM) if not one.alarm.is_composite]
    if report.red:
        return fail("alarms", faults, red[0].advice if red else f"hybridctl alarms {name}")
    if report.lacks_parts:
        return warn("alarms", faults, deploy)
    if report.in_state(AlarmState.UNKNOWN):
        return unknown("alarms", faults, f"hybridctl alarms {name}")
    if report.is_unheard:
        return warn("alarms", faults, f"hybridctl alarms {name}")
    return ok("alarms", f"none of {report.total} red{nobody_notified(report)}")


def describe_faults(report: AlarmsReport) -> list[str]:
    """Describe each fault, most serious first. Long lists are shortened."""
    unheard = "the subscription e-mail was not confirmed, so alarms notify nobody"
    red = [one.short for one in report.in_state(AlarmState.ALARM) if not one.alarm.is_composite]
    red = red or [one.short for one in report.in_state(AlarmState.ALARM)]
    faults = [f"{report.red} of {report.total} red ({_few(red)})"] if report.red else []
    for shorts, words in (
        (report.missing, "gone"),
        (report.never_made, "not created yet"),
        (report.silent, "without actions"),
    ):
        if shorts:
            faults.append(f"{len(shorts)} of {report.total} {words} ({_few(shorts)})")
    strange = report.in_state(AlarmState.UNKNOWN)
    faults += [f"{one.short} is in the unknown state {one.alarm.word!r}" for one in strange]
    gone = ["the SNS topic no longer exists, so alarms notify nobody"] if report.topic_is_gone else []
    return [*faults, *gone, *([unheard] if report.is_unheard else [])]


def nobody_notified(report: AlarmsReport) -> str:
    """Return a note that nobody is notified. It is not a fault: a subscription is optional."""
    is_quiet = report.subscribers is not None and not report.subscribers.confirmed and not report.subscribes
    return "; nobody is notified, because nobody subscribes" if is_quiet else ""


def metrics(facts: Facts) -> Finding:
    figures = require(facts.last_hour)
    if figures is None:
        return unknown("metrics", "the metrics were not read", f"hybridctl metrics {_name(facts)}")
    counted = count_noun(figures.requests, "request", ",.0f") if figures.requests else "no requests in the last hour"
    return ok("metrics", counted)


def drift(facts: Facts) -> Finding:
    report = require(facts.drift)
    if report is None:
        return skip("drift", "not checked", f"hybridctl drift {_name(facts)}")
    if not report.resources:
        return ok("drift", "everything is as Terraform's state has it")
    names = [one.address for one in report.resources]
    return warn("drift", f"changed by hand: {_few(names)}", f"hybridctl deploy {_name(facts)}")


def _few(names: list[str] | tuple[str, ...], most: int = 3) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _days(number: object) -> str:
    return f"for {count_noun(int(str(number)), 'day')}" if number else "forever"


def _name(facts: Facts) -> str:
    return facts.place.environment
