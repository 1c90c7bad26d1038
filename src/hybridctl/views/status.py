"""The status screen: a one-word verdict first, then what is behind it."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.release import Alias, Release
from hybridctl.operations.status import Health, Status, Verdict
from hybridctl.views.release import commit, moment, who
from hybridctl.views.render import render
from hybridctl.views.rollout import in_one_line

_STYLES = {
    Verdict.HEALTHY: "bold green",
    Verdict.UNHEALTHY: "bold red",
    Verdict.RELEASING: "bold yellow",
    Verdict.NOT_DEPLOYED: "bold yellow",
}


@render.register
def _(status: Status) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    if status.alias:
        table.add_row("live", _alias(status.alias, status.newest))
    if status.health:
        table.add_row("health", _health(status.health))
    if status.running:
        table.add_row("running", _release(status.running))
    if status.release and status.release.finished:
        table.add_row("release", _release(status.release))
    if status.endpoint:
        table.add_row("endpoint", status.endpoint)
    for trouble in status.troubles:
        table.add_row("unread", Text(trouble, style="red"))
    return Group(Text(status.verdict.value, style=_STYLES[status.verdict]), table)


def _alias(alias: Alias, newest: int | None) -> str:
    weights = "".join(f", {share:.0%} of requests to version {version}" for version, share in alias.weights.items())
    behind = f" (newest is {newest})" if newest not in (None, alias.version) else ""
    return f"version {alias.version}{weights}{behind}"


def _health(health: Health) -> Text:
    if health.ok:
        return Text(f"answers in {health.milliseconds:.0f} ms", style="green")
    return Text(health.error, style="red")


def _release(release: Release) -> str:
    parts = [
        f"{release.kind.value} {release.id}, {release.outcome.value}",
        f"{moment(release.started)} UTC by {who(release)}",
        f"commit {commit(release)}" if release.source.commit else "",
        in_one_line(release.rollout) if release.rollout and not release.finished else "",
        release.reason,
    ]
    return " · ".join(part for part in parts if part)
