"""Consoles that never interpret data: no markup, no emoji names, no terminal commands."""

from collections.abc import Mapping
from io import TextIOBase
from typing import IO, cast

import rich.text
from rich.console import Console

from hybridctl.domain.visible_text import make_visible

_UNSEEN_WIDTH = 200  # columns of a pipe or a CI log

# rich removes five control characters from every text before layout. Here it shows all control characters instead, in
# one place for cells, titles, prompts and progress, so that the width matches what is printed.
rich.text.strip_control_codes = make_visible  # type: ignore[attr-defined,assignment]


def open_console(stream: TextIOBase, environ: Mapping[str, str]) -> Console:
    """Plain and wide without a terminal: in a pipe or a CI log, a row stays one line unless COLUMNS is set."""
    seen = stream.isatty()
    columns = environ.get("COLUMNS", "")
    width = None if seen else int(columns) if columns.isdecimal() and int(columns) else _UNSEEN_WIDTH
    plain = bool(environ.get("NO_COLOR")) or not seen
    return Console(file=cast(IO[str], stream), width=width, no_color=plain, markup=False, highlight=False, emoji=False)
