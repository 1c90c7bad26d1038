"""View of a diagnosis: verdict, evidence, explanation, and last the command that fixes it."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.troubles.answer import TroubleAnswer
from hybridctl.views.render import render
from hybridctl.views.rows import Rows


@render.register
def _(answer: TroubleAnswer) -> RenderableType:
    verdict = Text(answer.verdict, style="bold red" if answer.found else "bold green")
    rows = [(Text("!" if one.bad else " ", style="red"), one.what, one.said) for one in answer.evidence]
    explained = [Text(f"- {sentence}", style="dim") for sentence in answer.explained]
    command = Text(f"→ {answer.remedy.command}", style="bold", no_wrap=True, overflow="ignore")  # whole: to be copied
    return Group(
        verdict, Rows(rows), *explained, Text(f"{'fix' if answer.found else 'next'}: {answer.remedy.why}"), command
    )
