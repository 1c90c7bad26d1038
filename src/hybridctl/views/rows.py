"""Rows whose last column wraps between words, never inside one: addresses, URLs and commands stay whole."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

import hybridctl.views.console  # noqa: F401  (puts the text filter into rich)

if TYPE_CHECKING:
    from hybridctl.domain.manifest import FileDifference

_GAP = 2


def list_files(difference: "FileDifference") -> list[Text]:
    """Return a line for each file that was added, changed or removed."""
    kinds = (("+", "green", difference.added), ("~", "yellow", difference.changed), ("-", "red", difference.removed))
    return [Text(f"{sign} {name}", style=style) for sign, style, names in kinds for name in names]


class Rows:
    """Rows of cells, of which the last may be long and continues below itself. Print with `crop=False`."""

    def __init__(self, rows: Iterable[Sequence[str | Text]], *, gap: int = _GAP) -> None:
        self._rows = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
        self._gap = " " * gap

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = zip(*(row[:-1] for row in self._rows), strict=True)
        widths = [max(cell.cell_len for cell in column) for column in columns]
        start = sum(widths) + len(self._gap) * len(widths)
        for row in self._rows:
            line = Text(no_wrap=True, overflow="ignore")
            for cell, width in zip(row, widths, strict=False):
                line.append_text(cell).append(" " * (width - cell.cell_len) + self._gap)
            for number, part in enumerate(fold(row[-1], options.max_width - start)):
                lead = line if number == 0 else Text(" " * start, no_wrap=True, overflow="ignore")
                yield lead.append_text(part)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text that wraps between words, like the last column of `Rows`."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in fold(self.text, options.max_width):
            line.no_wrap, line.overflow = True, "ignore"
            yield line


def keep_words(shown: RenderableType) -> RenderableType:
    """Return it without broken words: rich breaks words that are longer than a line."""
    if isinstance(shown, Group):
        return Group(*(keep_words(part) for part in shown.renderables))
    if not isinstance(shown, Text):
        return shown
    return Group(shown) if shown.no_wrap else Folded(shown)  # print() joins texts, and forgets how each is to wrap


def fold(text: Text, width: int) -> list[Text]:
    """Wrap a text at a width; longer words stay whole."""
    lines = []
    for paragraph in text.split("\n", allow_blank=True):
        cuts, start = [], 0
        for word in re.finditer(r"\S+", paragraph.plain):
            if start < word.start() and cell_len(paragraph.plain[start : word.end()]) > width:
                cuts.append(word.start())
                start = word.start()
        for line in paragraph.divide(cuts):
            line.rstrip()
            lines.append(line)
    return lines
