"""View of a plan in the order of risk: deletions first, then access, data, and the rest."""

from collections.abc import Sequence
from shlex import quote

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.changes import Action, Change, Changes, Risk
from hybridctl.operations.proposal import Planned
from hybridctl.views.render import render
from hybridctl.views.rows import Rows

_SIGNS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REPLACE: ("±", "red"),
    Action.DELETE: ("-", "red"),
    Action.IMPORT: ("←", "cyan"),
    Action.MOVE: ("→", "cyan"),
    Action.FORGET: ("○", "cyan"),
}
_HEADINGS = {
    Risk.DESTROYS: "destroyed or replaced",
    Risk.ACCESS: "access",
    Risk.DATA: "data",
    Risk.ORDINARY: "other",
}


@render.register
def _(changes: Changes) -> RenderableType:
    parts: list[RenderableType] = []
    for risk in Risk:
        of_risk = [change for change in changes.resources if change.risk is risk]
        if of_risk:
            parts += [Text(_HEADINGS[risk], style="bold"), _table(of_risk)]
    parts += [Text(f"  ~ output {name}", style="yellow") for name in changes.outputs if not changes.resources]
    return Group(*parts, Text(f"plan: {changes.summary}"))


def _table(changes: Sequence[Change]) -> Rows:
    """Show one row per resource; long texts continue below its address."""
    rows = []
    for change in changes:
        sign, style = _SIGNS[change.action]
        what = Text(change.address)
        if change.imported:
            what.append("  exists, will be imported", style="cyan")
        if change.moved_from:
            what.append(f"  moved from {change.moved_from}", style="cyan")
        if change.action is Action.FORGET:
            what.append("  stays, Terraform no longer manages it", style="cyan")
        if change.attributes:
            what.append(f"  {', '.join(change.attributes)}", style="dim")
        rows.append((Text(f"  {sign}", style=style), what))
    return Rows(rows, gap=1)


@render.register
def _(planned: Planned) -> RenderableType:
    parts = [render(planned.changes)]
    if planned.cost:
        parts.append(render(planned.cost))
    if planned.moves_alias:
        parts.append(Text("the alias would move to the newest version"))
    if planned.strategy:
        parts.append(Text(f"traffic would shift by {planned.strategy}; nothing was changed"))
    if planned.file:
        parts.append(
            Text(f"saved for review; to apply it: hybridctl deploy {planned.environment} --plan {quote(planned.file)}")
        )
    if planned.digest:
        parts.append(Text(f"SHA-256 {planned.digest}"))
    return Group(*parts)
