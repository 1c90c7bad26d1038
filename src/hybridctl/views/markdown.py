"""Render results as Markdown for the summary of a CI job; data is never interpreted as markup."""

import re
from collections.abc import Iterable, Sequence
from functools import singledispatch

from rich.text import Text

from hybridctl.domain.changes import Action, Change, Changes
from hybridctl.domain.shift import LeftRunning
from hybridctl.domain.smoke import SmokeReport
from hybridctl.domain.visible_text import make_visible
from hybridctl.domain.watch import WatchReport
from hybridctl.operations.deploy import Deployed
from hybridctl.operations.promote import Aborted, Promoted
from hybridctl.operations.proposal import Planned
from hybridctl.operations.rollback import RolledBack
from hybridctl.views.render import render
from hybridctl.views.rollout import in_one_line
from hybridctl.views.watch import watch_heading, watch_rows

_MOST_ROWS = 200  # of a table: GitHub takes 1 MiB for each step
_LONGEST = 500  # characters of a cell
# All ASCII punctuation can be escaped: https://github.github.com/gfm/#backslash-escapes
_PUNCTUATION = re.compile(r"[\\`*_{}\[\]()#+!|~$@:.-]")


def escape(text: str) -> str:
    """Escape text for Markdown on one line: no links, mentions or ends of table cells."""
    flat = " ".join(make_visible(text).split())
    flat = flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
    html = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _PUNCTUATION.sub(lambda found: f"\\{found[0]}", html)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of escaped cells; a long one is cut and ends with the number of rows left out."""
    lines = [_row(headings), "|" + " --- |" * len(headings)]
    all_rows = [_row(row) for row in rows]
    lines += all_rows[:_MOST_ROWS]
    more = f"\nand {len(all_rows) - _MOST_ROWS} more\n" if len(all_rows) > _MOST_ROWS else ""
    return "\n".join(lines) + f"\n{more}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(escape(cell) for cell in cells)} |"


@singledispatch
def as_markdown(_result: object) -> str:
    """Return a result for a job's summary; nothing for results that do not belong there."""
    return ""


@as_markdown.register
def _(changes: Changes) -> str:
    if not changes.resources:
        return f"plan: {escape(changes.summary)}\n"
    rows = (
        (_action(change.action, imported=change.imported), change.address, ", ".join(_details(change)))
        for change in changes.resources
    )
    return f"{table(('change', 'resource', 'attributes'), rows)}\nplan: {escape(changes.summary)}\n"


def _details(change: Change) -> list[str]:
    return [*([f"from {change.moved_from}"] if change.moved_from else []), *change.attributes]


def _action(action: Action, *, imported: bool) -> str:
    return "import" if imported and action is Action.IMPORT else f"import, {action}" if imported else str(action)


@as_markdown.register
def _(planned: Planned) -> str:
    cost = render(planned.cost) if planned.cost else None
    lines = [cost.plain] if isinstance(cost, Text) else []
    lines += ["the alias would move to the newest version"] if planned.moves_alias else []
    lines += [f"SHA-256 {planned.digest}"] if planned.digest else []
    return _paragraphs(as_markdown(planned.changes), *map(escape, lines))


@as_markdown.register
def _(report: SmokeReport) -> str:
    rows = (
        (
            "✓" if check.ok else "✗",
            check.name,
            f"{check.milliseconds:.0f} ms" if check.milliseconds else "",
            check.detail,
        )
        for check in report.checks
    )
    return _paragraphs(table(("", "check", "time", "detail"), rows), escape(report.summary))


@as_markdown.register
def _(report: WatchReport) -> str:
    verdict = f"{report.verdict.finding}: {'; '.join(report.verdict.reasons)}"
    return _paragraphs(table(watch_heading(report), watch_rows(report)), escape(verdict))


@as_markdown.register
def _(deployed: Deployed) -> str:
    release = deployed.release
    what = f"release {release.id}" if release else "nothing to do: this is already live"
    told = f"version {deployed.version}, {what}, {deployed.endpoint}"
    return _paragraphs(*map(as_markdown, deployed.watches), as_markdown(deployed.smoke), escape(told))


@as_markdown.register
def _(left: LeftRunning) -> str:
    return _paragraphs(escape(f"release   {left.release.id} is still running: {in_one_line(left.rollout)}"))


@as_markdown.register
def _(promoted: Promoted) -> str:
    told = f"version   {promoted.version} serves all traffic, release {promoted.release.id}"
    watched = as_markdown(promoted.watch) if promoted.watch else ""
    return _paragraphs(watched, as_markdown(promoted.smoke), escape(told))


@as_markdown.register
def _(aborted: Aborted) -> str:
    told = f"version   {aborted.version} serves all traffic again, release {aborted.release.id} was aborted"
    return _paragraphs(as_markdown(aborted.smoke), escape(told))


@as_markdown.register
def _(rolled_back: RolledBack) -> str:
    told = f"version {rolled_back.version} serves again, release {rolled_back.release.id}"
    return _paragraphs(as_markdown(rolled_back.smoke), escape(told))


def _paragraphs(*parts: str) -> str:
    return "\n".join(f"{part.rstrip()}\n" for part in parts if part)
