"""The state bucket, part by part."""

from rich.console import RenderableType
from rich.table import Table

from hybridctl.domain.foundation import Part
from hybridctl.operations.bootstrap import Bootstrapped
from hybridctl.views.render import render


@render.register
def _(result: Bootstrapped) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for part in Part:
        state = ("missing" if result.dry_run else "made") if part in result.made else "there"
        name = f"{part} {result.bucket}" if part is Part.BUCKET else part.value
        table.add_row(state, name, style="dim" if state == "there" else "")
    return table
