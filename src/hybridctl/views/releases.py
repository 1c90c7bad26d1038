"""Views of the release list, of a comparison, and of the versions to prune."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.code_diff import CodeDiff
from hybridctl.domain.counting import count_noun
from hybridctl.domain.manifest import FileDifference
from hybridctl.domain.release import Outcome, Release
from hybridctl.operations.releases import History, Prune, ReleaseDifference
from hybridctl.views.release import commit, moment, who
from hybridctl.views.render import render
from hybridctl.views.rows import list_files
from hybridctl.views.tables import plain_table

_SHOWN = 20
_SIGNS = {"+": "green", "-": "red", "@": "cyan"}
_STYLES = {
    Outcome.LIVE: "green",
    Outcome.RUNNING: "yellow",
    Outcome.FAILED: "red",
    Outcome.TAKEN_BACK: "red",
    Outcome.INTERRUPTED: "yellow",
    Outcome.UNKNOWN: "red",
}


@render.register
def _(history: History) -> RenderableType:
    if not history.releases:
        return Text("no releases yet")
    table = plain_table("when (UTC)", "what", "version", "outcome")
    table.expand = True
    table.columns[0].no_wrap, table.columns[0].min_width = False, len("2026-03-01")  # folded in a narrow terminal
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
            Text(release.outcome.label, style=_STYLES.get(release.outcome, "yellow")),
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


@render.register
def _(difference: ReleaseDifference) -> RenderableType:
    table = plain_table()
    for heading in ("", difference.one.id, difference.other.id):
        table.add_column(heading, overflow="fold")
    rows = zip(_facts(difference.one), _facts(difference.other), strict=True)
    for (name, one), (_, other) in rows:
        table.add_row(name, one, other, style="" if one != other else "dim")
    return Group(table, *_files(difference.files), *_code(difference.code))


def _facts(release: Release) -> list[tuple[str, str]]:
    seconds = (release.finished - release.started).total_seconds() if release.finished else None
    return [
        ("what", f"{release.kind}, {release.outcome.label}"),
        ("when", f"{moment(release.started)} UTC"),
        ("took", "" if seconds is None else f"{seconds:.1f} s"),
        ("who", who(release)),
        ("version", str(release.version_after or "")),
        ("commit", commit(release)),
        ("build", release.build or ""),
        ("plan", release.changes),
        ("why", release.reason or release.message),
    ]


def _files(files: FileDifference | None) -> list[Text]:
    if files is None:
        return [Text("files    cannot be compared: a version is no longer published", style="dim")]
    if files.empty:
        return [Text("files    identical")]
    lines = list_files(files)
    more = [Text(f"and {len(lines) - _SHOWN} more")] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]


def _code(code: CodeDiff | None) -> Iterator[Text]:
    for file in code.files if code else ():
        yield Text()
        if file.note:
            yield Text(f"{file.name}: {file.note}", "dim")
        for number, line in enumerate(file.lines):
            yield Text(line, "bold" if number < 2 else _SIGNS.get(line[:1], ""), no_wrap=True, overflow="ignore")
    if code and code.more:
        yield Text(f"\nand {count_noun(code.more, 'line')} more: --lines 0 shows all")


@render.register
def _(plan: Prune) -> RenderableType:
    if not plan.versions:
        return Text(f"nothing to delete: {count_noun(plan.kept, 'version')} needed")
    numbers = ", ".join(str(version.number) for version in plan.versions)
    what = "removed" if plan.done else "to delete"
    return Text(
        f"{count_noun(len(plan.versions), 'version')} {what} ({numbers}), {plan.size / 1e6:.1f} MB; {plan.kept} kept"
    )
