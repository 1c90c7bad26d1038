"""One trouble: the verdict, the evidence, why, and the command that mends it, last."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.troubles.answer import Answer
from hybridctl.views.render import render


@render.register
def _(answer: Answer) -> RenderableType:
    verdict = Text(answer.verdict, style="bold red" if answer.found else "bold green")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in answer.evidence:
        table.add_row(Text("!" if one.bad else "", style="red"), one.what, one.said)
    explained = [Text(f"- {sentence}", style="dim") for sentence in answer.explained]
    command = Text(f"→ {answer.remedy.command}", style="bold", no_wrap=True, overflow="ignore")  # whole: to be copied
    return Group(verdict, table, *explained, Text(f"{'fix' if answer.found else 'next'}: {answer.remedy.why}"), command)
