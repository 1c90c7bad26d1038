"""View of the status: the verdict, the problems, the numbers, and last the next command."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.checks.releases import shorten
from hybridctl.domain.counting import count_noun
from hybridctl.domain.diagnosis import Finding, HealthVerdict, Level
from hybridctl.domain.metrics.last_hour import LastHour
from hybridctl.domain.metrics.series import Unit
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias, Kind, Outcome, Release
from hybridctl.domain.status import Status
from hybridctl.views.figures import NO_DATA, figure
from hybridctl.views.release import commit, moment, who
from hybridctl.views.render import render
from hybridctl.views.rollout import in_one_line
from hybridctl.views.rows import Rows

_STYLES = {
    HealthVerdict.HEALTHY: "bold green",
    HealthVerdict.UNHEALTHY: "bold red",
    HealthVerdict.UNKNOWN: "bold red",
    HealthVerdict.DEGRADED: "bold yellow",
    HealthVerdict.RELEASING: "bold yellow",
    HealthVerdict.NOT_DEPLOYED: "bold yellow",
}
_OF_LEVEL = {Level.FAIL: "red", Level.UNKNOWN: "red", Level.WARN: "yellow", Level.BUSY: "yellow"}


@render.register
def _(status: Status) -> RenderableType:
    verdict = Text(status.verdict.value, _STYLES[status.verdict])
    verdict.append(f"  {moment(status.at)}:{status.at:%S} UTC", "not bold dim")
    faults = [fault for finding in status.wrong for fault in _fault(finding, status.next)]
    rows = [(Text(name, "bold"), what) for name, what in (*faults, *_rows(status))]
    command = [Text(f"→ {status.next}", "bold")] if status.next else []
    return Group(verdict, Rows(rows), *command)


def _fault(finding: Finding, next_command: str) -> Iterator[tuple[str, Text]]:
    yield finding.name, Text(finding.detail, _OF_LEVEL[finding.level])
    if finding.fix and finding.fix != next_command:  # that one stands last, where the eye is
        yield "", Text(f"→ {finding.fix}")


def _rows(status: Status) -> Iterator[tuple[str, str | Text]]:
    told = {finding.name: finding for finding in status.findings if finding.level is Level.OK}
    if status.alias:
        yield "live", _alias(status.alias, status.newest)
    if "workers" in told:
        yield "workers", told["workers"].detail
    for name in ("health", "alarms"):
        if name in told:
            yield name, Text(told[name].detail, "green")
    if status.last_hour:
        yield "last hour", _calls(status.last_hour)
        yield "throttled", _throttles(status.last_hour)
        yield "capacity", _capacity(status.last_hour)
    if status.alias:
        yield "warm", _show_provisioned(status.provisioned)
    if status.drift and "drift" in told:
        yield "drift", Text("none", "green")
    if status.running:
        yield "running", _release(status.running)
    if status.release and status.release.finished:
        yield "release" if "release" in told else "", _release(status.release)
    if status.endpoint:
        yield "endpoint", status.endpoint
    if status.dashboard_url:
        yield "dashboard", status.dashboard_url
    if status.log_url:
        yield "log", status.log_url
    place = status.place
    yield "place", f"{place.environment}, account {place.account}, {place.region}"


def _alias(alias: Alias, newest: int | None) -> str:
    weights = "".join(f", {share:.0%} of requests to version {version}" for version, share in alias.weights.items())
    behind = f" (newest is {newest})" if newest not in (None, alias.version) else ""
    return f"version {alias.version}{weights}{behind}"


def _calls(hour: LastHour) -> Text:
    if hour.requests is None:
        return Text(f"{NO_DATA}: no requests, or none counted yet", "dim")
    line = Text(f"{count_noun(hour.requests, 'request', ',.0f')}, ")
    line.append(f"{figure(hour.error_rate or 0, Unit.SHARE)} answered 5xx", "red" if hour.errors else "")
    if hour.p95 is not None:
        now, worst = (figure(value, Unit.MILLISECONDS) for value in (hour.p95, hour.p95_worst))
        line.append(f", p95 {now}, {worst} at worst")
    return line


def _throttles(hour: LastHour) -> Text:
    counts = {"the function": hour.function_throttles, "tables": hour.table_throttles}
    told = [f"{what} {count_noun(count, 'time', ',.0f')}" for what, count in counts.items() if count]
    return Text(", ".join(told), "red") if told else Text("nothing")


def _capacity(hour: LastHour) -> Text:
    if not hour.capacity:
        return Text("tables on demand, or idle", "dim")
    fullest = hour.capacity[0]
    return Text(
        f"{fullest.share:.0%} of the capacity of {fullest.part} for {fullest.kind}s, in the peak minute",
        "red" if fullest.share >= 1 else "yellow" if fullest.share >= 0.8 else "",  # autoscaling aims at less
    )


def _show_provisioned(found: Provisioned | None) -> Text:
    if found is None:
        return Text("no provisioned concurrency", "dim")
    return Text(f"{found.ready} of {found.wanted} provisioned environments ready")


def _release(release: Release) -> str:
    outcome = "done" if (release.kind, release.outcome) == (Kind.DESTROY, Outcome.LIVE) else release.outcome.label
    parts = [
        f"{release.kind.value} {release.id}, {outcome}",
        f"{moment(release.started)} UTC by {who(release)}",
        f"commit {commit(release)}" if release.source.commit else "",
        in_one_line(release.rollout) if release.rollout and not release.finished else "",
        shorten(release.reason),
    ]
    return " · ".join(part for part in parts if part)
