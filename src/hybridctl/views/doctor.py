"""What the doctor found, each with its fix."""

from rich.table import Table
from rich.text import Text

from hybridctl.domain.diagnosis import Diagnosis, Level
from hybridctl.views.render import render

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@render.register
def _(diagnosis: Diagnosis) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=4)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in diagnosis.findings:
        table.add_row(Text(finding.level.value, style=_STYLES[finding.level]), finding.name, finding.detail)
        if finding.fix:
            table.add_row("", "", Text(f"→ {finding.fix}", style="bold"))
    return table
