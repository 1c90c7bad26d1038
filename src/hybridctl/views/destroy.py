"""View of what a destroy would delete or has deleted."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.changes import Action
from hybridctl.domain.counting import count_noun
from hybridctl.operations.destroy import Destroyed, Losses
from hybridctl.views.render import render


@render.register
def _(losses: Losses) -> RenderableType:
    held = [
        Text(f"  {name}: {count_noun(items, 'item', ',')}, by DynamoDB's latest count", style="red")
        for name, items in losses.tables
    ]
    kept = Text("kept: the state bucket with the release records; backups of tables for 35 days, if they were on")
    heading = [Text("deleted permanently", style="bold")] if held else []
    return Group(render(losses.changes), *heading, *held, kept)


@render.register
def _(destroyed: Destroyed) -> Text:
    gone = count_noun(destroyed.changes.count(Action.DELETE), "resource")
    return Text(f"{destroyed.environment}: {gone} destroyed")
