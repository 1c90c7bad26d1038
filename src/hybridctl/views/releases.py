"""The list of releases."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.release import Outcome, Release
from hybridctl.operations.releases import History
from hybridctl.views.release import commit, moment, who
from hybridctl.views.render import render

_STYLES = {
    Outcome.LIVE: "green",
    Outcome.RUNNING: "yellow",
    Outcome.UNCHANGED: "dim",
    Outcome.FAILED: "red",
    Outcome.TAKEN_BACK: "red",
    Outcome.INTERRUPTED: "yellow",
    Outcome.UNKNOWN: "red",
}


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


def _versions(release: Release) -> str:
    if release.version_after is None:
        return ""
    before = f"{release.version_before} → " if release.version_before not in (None, release.version_after) else ""
    workers = "".join(f", {one.name} {one.after}" for one in release.workers)
    return f"{before}{release.version_after}{workers}"
