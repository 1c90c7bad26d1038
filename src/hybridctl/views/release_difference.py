"""Two releases side by side, and the versions that a prune removes."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.code_diff import CodeDiff
from hybridctl.domain.counting import counted
from hybridctl.domain.manifest import Difference
from hybridctl.domain.release import Release
from hybridctl.operations.releases import Prune, ReleaseDifference
from hybridctl.views.release import commit, moment, who
from hybridctl.views.render import render

_SHOWN = 20
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@render.register
def _(difference: ReleaseDifference) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in ("", difference.one.id, difference.other.id):
        table.add_column(heading, overflow="fold")
    rows = zip(_facts(difference.one), _facts(difference.other), strict=True)
    for (name, one), (_, other) in rows:
        table.add_row(name, one, other, style="" if one != other else "dim")
    return Group(table, *_files(difference.files), *_code(difference.code))


def _facts(release: Release) -> list[tuple[str, str]]:
    seconds = (release.finished - release.started).total_seconds() if release.finished else None
    return [
        ("what", f"{release.kind}, {release.outcome}"),
        ("when", f"{moment(release.started)} UTC"),
        ("took", "" if seconds is None else f"{seconds:.1f} s"),
        ("who", who(release)),
        ("version", str(release.version_after or "")),
        ("commit", commit(release)),
        ("build", release.build or ""),
        ("plan", release.changes),
        ("why", release.reason or release.message),
    ]


def _files(files: Difference | None) -> list[Text]:
    if files is None:
        return [Text("files    cannot be compared: a version is no longer published", style="dim")]
    if files.empty:
        return [Text("files    identical")]
    lines = [
        Text(f"{sign} {name}", style=style)
        for sign, style, names in (
            ("+", "green", files.added),
            ("~", "yellow", files.changed),
            ("-", "red", files.removed),
        )
        for name in names
    ]
    more = [Text(f"and {len(lines) - _SHOWN} more")] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]


def _code(code: CodeDiff | None) -> Iterator[Text]:
    for file in code.files if code else ():
        yield Text()
        if file.note:
            yield Text(f"{file.name}: {file.note}", "dim")
        for number, line in enumerate(file.lines):
            yield Text(line, "bold" if number < 2 else _STYLES.get(line[:1], ""), no_wrap=True, overflow="ignore")
    if code and code.more:
        yield Text(f"\nand {counted(code.more, 'line')} more: --lines 0 shows all")


@render.register
def _(plan: Prune) -> RenderableType:
    if not plan.versions:
        return Text(f"nothing to delete: {counted(plan.kept, 'version')} needed")
    numbers = ", ".join(str(version.number) for version in plan.versions)
    what = "removed" if plan.done else "to delete"
    return Text(
        f"{counted(len(plan.versions), 'version')} {what} ({numbers}), {plan.size / 1e6:.1f} MB; {plan.kept} kept"
    )
