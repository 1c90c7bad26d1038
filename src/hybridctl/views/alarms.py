"""View of alarms, the most severe first: state, since when, why, and the next command for red ones."""

from datetime import datetime
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from hybridctl.domain.alarm_history import AlarmChange, AlarmHistory, AlarmTest
from hybridctl.domain.alarms import Advised, AlarmsReport, AlarmState
from hybridctl.domain.checks.monitoring import describe_faults, judge_alarms, nobody_notified
from hybridctl.domain.counting import count_noun
from hybridctl.durations import describe_duration
from hybridctl.views.render import as_json, render

_WORDS = {
    AlarmState.ALARM: "ALARM",
    AlarmState.UNKNOWN: "unknown",
    AlarmState.INSUFFICIENT_DATA: "no data",
    AlarmState.OK: "ok",
}
_STYLES = {
    AlarmState.ALARM: "bold red",
    AlarmState.UNKNOWN: "red",
    AlarmState.INSUFFICIENT_DATA: "yellow",
    AlarmState.OK: "green",
}
_INDENT = " " * 9
_ROOM_FOR_WHY = 45


@render.register
def _(report: AlarmsReport) -> RenderableType:
    lines: list[Text] = [_verdict(report)]
    lines += [
        Text(f"missing  {short}: Terraform created it, but it no longer exists in CloudWatch", "bold red")
        for short in report.missing
    ]
    lines += [Text(f"missing  {short}: no apply has created it yet", "bold red") for short in report.never_made]
    width = max((len(one.short) for one in report.alarms), default=0)
    for one in report.alarms:
        lines.append(_line(one, report.now, width))
        if not one.alarm.notifies:
            lines.append(_crop(f"{_INDENT}notifies nobody: it has no actions, or they are disabled", "yellow"))
        if one.alarm.state is not AlarmState.OK:
            lines.append(_crop(f"{_INDENT}{one.alarm.reason}", "dim"))
        if one.alarm.state is AlarmState.ALARM:
            lines.append(Text(f"{_INDENT}→ {one.advice}"))  # whole, for it is to be typed
    if report.is_unheard:
        lines.append(Text("confirm the subscription: use the link in the e-mail from AWS Notifications", "yellow"))
    finding = judge_alarms(report)
    return Group(*lines, *([Text(f"→ {finding.fix}", "bold")] if _leads_on(report) else []))


def _leads_on(report: AlarmsReport) -> bool:
    """Return whether a release restores the missing alarms; red alarms have their own hints."""
    return not report.red and report.lacks_parts


@render.register
def _(history: AlarmHistory) -> RenderableType:
    if not history.changes:
        return Text(f"no alarm has changed state since {history.since:%Y-%m-%d %H:%M} UTC")
    return _Changes(history.changes)


@render.register
def _(test: AlarmTest) -> RenderableType:
    if test.reached:
        verdict = Text(f"{test.short} changed to {' and '.join(_WORDS[state] for state in test.path)}", "bold green")
    else:
        wanted = " and ".join(_WORDS[state] for state in test.path)
        verdict = Text(f"{test.short} did not change to {wanted}", "bold red")
    return Group(verdict, _Changes(test.changes))


@as_json.register
def _(report: AlarmsReport) -> Any:
    return {
        "environment": report.place.environment,
        "account": report.place.account,
        "region": report.place.region,
        "well": report.is_well,
        "alarms": [
            {
                "name": one.alarm.name,
                "short": one.short,
                "state": one.alarm.state.value,
                "since": one.alarm.since.isoformat(),
                "reason": one.alarm.reason,
                "description": one.alarm.description,
                "notifies": one.alarm.notifies,
                "advice": one.advice,
            }
            for one in report.alarms
        ],
        "missing": list(report.missing),
        "never_made": list(report.never_made),
        "silent": list(report.silent),
        "topic_gone": report.topic_is_gone,
        "confirmed_subscriptions": report.subscribers.confirmed if report.subscribers else None,
    }


def _verdict(report: AlarmsReport) -> Text:
    if not report.total:
        return Text(judge_alarms(report).detail)
    if report.is_well:
        return Text(f"none of {count_noun(report.total, 'alarm')} red{nobody_notified(report)}", "bold green")
    return Text("; ".join(describe_faults(report)), "bold red")


def _line(one: Advised, now: datetime, width: int) -> Text:
    alarm = one.alarm
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{_WORDS[alarm.state]:<9}", _STYLES[alarm.state])
    line.append(f"{one.short:<{width}}  ", "bold" if alarm.state is AlarmState.ALARM else "")
    ago = describe_duration((now - alarm.since).total_seconds())
    line.append(f"{ago:>6}, since {alarm.since:%Y-%m-%d %H:%M} UTC", "dim")
    return line


class _Changes:
    """Show one change per line; on a narrow terminal, the reason is below it."""

    def __init__(self, changes: tuple[AlarmChange, ...]) -> None:
        self._changes = changes

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max((len(change.name) for change in self._changes), default=0)
        for change in self._changes:
            line = Text(f"{change.at:%Y-%m-%d %H:%M:%S}  {change.name:<{width}}  ", no_wrap=True, overflow="ellipsis")
            before = f"{_WORDS[change.before]} → " if change.before else ""
            line.append(before).append(_WORDS[change.after], _STYLES[change.after])
            line.pad_right(max(0, len("no data → no data") - len(before) - len(_WORDS[change.after])))
            if options.max_width - line.cell_len >= _ROOM_FOR_WHY:
                yield line.append(f"  {change.reason}", "dim")
                continue
            line.rstrip()
            yield line
            yield _crop(f"{_INDENT}{change.reason}", "dim")


def _crop(text: str, style: str) -> Text:
    return Text(text, style, no_wrap=True, overflow="ellipsis")
