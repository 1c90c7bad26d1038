"""View of drift by resource and attribute."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.drift import Drift, Drifted
from hybridctl.views.render import render

_LIMIT = 60


@render.register
def _(drift: Drift) -> RenderableType:
    if not drift.resources:
        return Text("no drift: everything is as Terraform's state has it", style="green")
    lines = [part for resource in drift.resources for part in _lines(resource)]
    return Group(*lines, Text(f"→ hybridctl deploy {drift.environment}", style="bold"))


def _lines(resource: Drifted) -> list[Text]:
    if resource.gone:
        return [Text.assemble((f"- {resource.address}", "red"), "  gone")]
    lines = [Text(f"~ {resource.address}", style="yellow")]
    return [
        *lines,
        *(Text(f"    {one.attribute}: {_short(one.known)} → {_short(one.found)}") for one in resource.differences),
    ]


def _short(text: str) -> str:
    return text if len(text) <= _LIMIT else f"{text[: _LIMIT - 1]}…"
