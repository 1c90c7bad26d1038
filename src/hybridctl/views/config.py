"""View of the settings, each with value and source."""

from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.configuration import Configuration
from hybridctl.views.render import render
from hybridctl.views.rows import Rows


@render.register
def _(found: Configuration) -> RenderableType:
    rows: list[tuple[str | Text, ...]] = [
        (one.name, Text(one.source.replace(f"{Path(found.file).name}:", "line "), style="dim"), _show(one.value))
        for one in found.settings
    ]
    return Group(Text(found.file, no_wrap=True, overflow="ignore"), Rows(rows))


def _show(value: str | bool | int | list[str] | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)
