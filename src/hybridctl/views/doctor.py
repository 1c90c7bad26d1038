"""What the doctor found, each with its fix; the verdict stands last, where the eye is."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.diagnosis import Diagnosis, Level
from hybridctl.views.render import render

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@render.register
def _(diagnosis: Diagnosis) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=4)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in diagnosis.findings:
        table.add_row(Text(finding.level.value, style=_STYLES[finding.level]), finding.name, finding.detail)
        if finding.mended:
            table.add_row("", "", Text(f"✓ {finding.mended}", style="green"))
        if finding.fix:
            table.add_row("", "", Text(f"→ {finding.fix}", style="bold"))
    return Group(table, _verdict(diagnosis))


def _verdict(diagnosis: Diagnosis) -> Text:
    failed, warned = diagnosis.count(Level.FAIL), diagnosis.count(Level.WARN)
    what = f"{diagnosis.environment}: {failed} failed, {warned} to look at, {diagnosis.count(Level.OK)} well"
    return Text(what, style="bold red" if failed else "bold yellow" if warned else "bold green")
