"""Releases: one that just ended, the list of them, and a rollback before it is made."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.release import Outcome, Release, WorkerMove
from hybridctl.operations.deploy import Deployed
from hybridctl.operations.releases import History
from hybridctl.operations.rollback import RollbackPlan, RolledBack
from hybridctl.views.render import as_json, render

_STYLES = {
    Outcome.LIVE: "green",
    Outcome.RUNNING: "yellow",
    Outcome.UNCHANGED: "dim",
    Outcome.FAILED: "red",
    Outcome.TAKEN_BACK: "red",
    Outcome.INTERRUPTED: "yellow",
    Outcome.UNKNOWN: "red",
}


@as_json.register(Release)
@as_json.register(RollbackPlan)
def _(told: Release | RollbackPlan) -> dict[str, object]:
    """Workers are mentioned where there are any."""
    members = {field.name: getattr(told, field.name) for field in fields(told)}
    return {name: as_json(value) for name, value in members.items() if name != "workers" or value}


@render.register
def _(deployed: Deployed) -> RenderableType:
    release = deployed.release
    what = f"release {release.id}" if release else "nothing to do: this is already live"
    return Group(
        *(render(watch) for watch in deployed.watches[-1:]),
        render(deployed.smoke),
        Text(f"version   {deployed.version}, {what}"),
        *_workers(release.workers if release else ()),
        Text(f"endpoint  {deployed.endpoint}"),
    )


@render.register
def _(plan: RollbackPlan) -> Text:
    if plan.is_noop:
        return Text(f"{plan.alias.name} already serves version {plan.target}")
    lines = [f"{plan.alias.name}: version {plan.alias.version} → {plan.target}"]
    lines += [f"{plan.alias.name} of {one.name}: version {one.before} → {one.after}" for one in plan.workers]
    return Text("\n".join(lines))


@render.register
def _(rolled_back: RolledBack) -> RenderableType:
    return Group(
        render(rolled_back.smoke),
        Text(f"version   {rolled_back.version} serves again, release {rolled_back.release.id}"),
        *_workers(rolled_back.release.workers),
        Text(f"endpoint  {rolled_back.endpoint}"),
        Text(f"not rolled back: {', '.join(rolled_back.not_restored)}", style="dim"),
    )


@render.register
def _(history: History) -> RenderableType:
    if not history.releases:
        return Text("no releases yet")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", expand=True)
    for heading in ("when (UTC)", "what", "version", "outcome"):
        table.add_column(heading, no_wrap=True)
    table.add_column("who", no_wrap=True, overflow="ellipsis", max_width=16)
    table.add_column("commit", no_wrap=True)
    table.add_column("why", overflow="ellipsis", no_wrap=True, ratio=1)
    marked = False
    for release in reversed(history.releases):
        serves = not marked and release.outcome is Outcome.LIVE and release.version_after == history.live
        marked = marked or serves
        table.add_row(
            moment(release.started),
            release.kind.value,
            _versions(release) + (" *" if serves else ""),
            Text(release.outcome.value, style=_STYLES.get(release.outcome, "yellow")),
            who(release),
            commit(release),
            release.reason or release.message,
        )
    return table


def _workers(moves: Sequence[WorkerMove]) -> list[Text]:
    return [Text(f"worker    {one.name}, version {one.after}") for one in moves]


def who(release: Release) -> str:
    """The actor without the mail domain."""
    return release.actor.partition("@")[0]


def moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def commit(release: Release) -> str:
    """The short commit, with a + when the code has changes of its own, with a ? when git could not tell."""
    return f"{(release.source.commit or '')[:8]}{release.source.mark}"


def _versions(release: Release) -> str:
    if release.version_after is None:
        return ""
    before = f"{release.version_before} → " if release.version_before not in (None, release.version_after) else ""
    workers = "".join(f", {one.name} {one.after}" for one in release.workers)
    return f"{before}{release.version_after}{workers}"
