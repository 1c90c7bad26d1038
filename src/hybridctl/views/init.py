"""View of what `init` wrote, and the next commands."""

from collections import Counter

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.counting import count_noun
from hybridctl.domain.scaffold import FileState, Initialized
from hybridctl.views.render import render
from hybridctl.views.rows import Folded, Rows

_LISTED = 24


@render.register
def _(result: Initialized) -> RenderableType:
    would = "would be " if result.dry_run else ""
    words = {FileState.WRITTEN: f"{would}written", FileState.KEPT: "kept unchanged", FileState.SAME: "already exists"}
    if len(result.files) > _LISTED and not result.dry_run:
        rows = [(folder, count_noun(count, "file")) for folder, count in _by_folder(result).items()]
    else:
        rows = [(path, words[state]) for path, state in result.files.items()]
    notes = [Folded(Text(f"note: {one}")) for one in result.notes]
    told: list[RenderableType] = [Text(), *notes] if notes else []
    if result.dry_run:
        return Group(Rows(rows), *told)
    return Group(Rows(rows), *told, Text(), *(Text(f"→ {step}") for step in result.steps))


def _by_folder(result: Initialized) -> Counter[str]:
    return Counter(f"{path.partition('/')[0]}/" if "/" in path else "." for path in result.files)
