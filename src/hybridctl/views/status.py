"""The status screen: a one-word verdict first, then what is behind it."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.alarms import AlarmsReport, AlarmState
from hybridctl.domain.drift import Drift
from hybridctl.domain.metrics.last_hour import LastHour
from hybridctl.domain.metrics.series import Unit
from hybridctl.domain.release import Alias, Release
from hybridctl.domain.status import Health, Provisioned, Status, Trouble, Verdict
from hybridctl.views.alarms import ago
from hybridctl.views.metrics import NO_DATA, figure
from hybridctl.views.release import commit, moment, who
from hybridctl.views.render import render
from hybridctl.views.rollout import in_one_line

_STYLES = {
    Verdict.HEALTHY: "bold green",
    Verdict.UNHEALTHY: "bold red",
    Verdict.UNKNOWN: "bold red",
    Verdict.DRIFTED: "bold yellow",
    Verdict.UNFINISHED: "bold yellow",
    Verdict.RELEASING: "bold yellow",
    Verdict.NOT_DEPLOYED: "bold yellow",
}
_DRIFTED_SHOWN = 3


@render.register
def _(status: Status) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, what in _rows(status):
        table.add_row(name, what)
    verdict = Text(status.verdict.value, _STYLES[status.verdict])
    return Group(verdict.append(f"  {moment(status.at)}:{status.at:%S} UTC", "not bold dim"), table)


def _rows(status: Status) -> Iterator[tuple[str, str | Text]]:
    environment = status.place.environment
    if status.alias:
        yield "live", _alias(status.alias, status.newest)
    elif status.is_alias_gone:
        yield "live", Text(f"nothing: the alias is gone → hybridctl deploy {environment}", "red")
    if status.health:
        yield "health", _health(status.health)
    if status.alarms:
        yield "alarms", _alarms(status.alarms)
    if status.last_hour:
        yield "last hour", _calls(status.last_hour)
        yield "throttled", _throttles(status.last_hour)
        yield "capacity", _capacity(status.last_hour)
    if status.alias:
        yield "warm", _provisioned(status.provisioned)
    if status.drift:
        yield "drift", _drift(status.drift, environment)
    if status.running:
        yield "running", _release(status.running)
        if status.orphaned:
            yield "", Text(f"its process has died → {_taken_up_by(status.running)}", "yellow")
    if status.release and status.release.finished:
        yield "release", _release(status.release)
    if status.endpoint:
        yield "endpoint", status.endpoint
    yield "place", f"{environment}, account {status.place.account}, {status.place.region}"
    for trouble in status.troubles:
        yield "unread", _trouble(trouble)


def _taken_up_by(dead: Release) -> str:
    if dead.rollout is not None:
        return f"hybridctl promote {dead.environment}, or hybridctl abort {dead.environment}"
    return f"hybridctl {dead.kind} {dead.environment} takes up from there"


def _alias(alias: Alias, newest: int | None) -> str:
    weights = "".join(f", {share:.0%} of requests to version {version}" for version, share in alias.weights.items())
    behind = f" (newest is {newest})" if newest not in (None, alias.version) else ""
    return f"version {alias.version}{weights}{behind}"


def _health(health: Health) -> Text:
    if health.ok:
        return Text(f"answers in {health.milliseconds:.0f} ms", "green")
    return Text(health.error, "red")


def _alarms(report: AlarmsReport) -> Text:
    total = len(report.alarms) + len(report.missing)
    if not total:
        return Text("there are none", "dim")
    if report.is_well:
        return Text(f"none of {total} red", "green")
    lines = [Text(f"{report.red} of {total} red", "red")]
    red = [one for one in report.alarms if one.alarm.state is AlarmState.ALARM]
    lines += [
        Text.assemble((f"{one.short}, for {ago(one.alarm.since, report.now)}", "red"), f" → {one.advice}")
        for one in [one for one in red if not one.alarm.is_composite] or red  # the composite one only repeats them
    ]
    lines += [Text(f"{short} is gone", "red") for short in report.missing]
    return Text("\n").join(lines)


def _calls(hour: LastHour) -> Text:
    if hour.requests is None:
        return Text(f"{NO_DATA}: no requests, or none counted yet", "dim")
    line = Text(f"{hour.requests:,.0f} requests, ")
    line.append(f"{figure(hour.error_rate or 0, Unit.SHARE)} answered 5xx", "red" if hour.errors else "")
    if hour.p95 is not None:
        now, worst = (figure(value, Unit.MILLISECONDS) for value in (hour.p95, hour.p95_worst))
        line.append(f", p95 {now}, {worst} at worst")
    return line


def _throttles(hour: LastHour) -> Text:
    counts = {"the function": hour.function_throttles, "tables": hour.table_throttles}
    told = [f"{what} {count:,.0f} times" for what, count in counts.items() if count]
    return Text(", ".join(told), "red") if told else Text("nothing")


def _capacity(hour: LastHour) -> Text:
    if not hour.capacity:
        return Text("tables on demand, or idle", "dim")
    fullest = hour.capacity[0]
    return Text(
        f"{fullest.share:.0%} of what {fullest.part} has for {fullest.kind}s, in the fullest minute",
        "red" if fullest.share >= 1 else "yellow" if fullest.share >= 0.8 else "",  # autoscaling aims at less
    )


def _provisioned(found: Provisioned | None) -> Text:
    if found is None:
        return Text("no provisioned concurrency", "dim")
    line = f"{found.ready} of {found.wanted} provisioned environments ready"
    return Text(line) if found.ready >= found.wanted else Text(f"{line}: {found.state}", "yellow")


def _drift(drift: Drift, environment: str) -> Text:
    if not drift.resources:
        return Text("none", "green")
    names = [one.address for one in drift.resources[:_DRIFTED_SHOWN]]
    more = len(drift.resources) - len(names)
    told = ", ".join(names) + (f" and {more} more" if more else "")
    return Text.assemble((told, "yellow"), f" → hybridctl drift {environment}")


def _release(release: Release) -> str:
    parts = [
        f"{release.kind.value} {release.id}, {release.outcome.value}",
        f"{moment(release.started)} UTC by {who(release)}",
        f"commit {commit(release)}" if release.source.commit else "",
        in_one_line(release.rollout) if release.rollout and not release.finished else "",
        release.reason,
    ]
    return " · ".join(part for part in parts if part)


def _trouble(trouble: Trouble) -> Text:
    return Text.assemble((trouble.what, "red"), f" → {trouble.hint}" if trouble.hint else "")
