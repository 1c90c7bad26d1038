"""Consoles on which data stays data: nothing in a text is markup, an emoji name, or a command to the terminal."""

from collections.abc import Mapping
from io import TextIOBase
from typing import IO, cast

import rich.text
from rich.console import Console

from hybridctl.domain.visible import make_visible

_UNSEEN_WIDTH = 200  # columns of a pipe or a CI log

# rich drops five control characters from every text as it comes in, before it is laid out. It shows all of them
# instead: one place for cells, titles, prompts and progress, and a width that is that of what is printed.
rich.text.strip_control_codes = make_visible  # type: ignore[attr-defined,assignment]


def open_console(stream: TextIOBase, environ: Mapping[str, str]) -> Console:
    """Plain and wide where nobody looks: in a pipe or a CI log a row stays one line, unless COLUMNS says otherwise."""
    seen = stream.isatty()
    columns = environ.get("COLUMNS", "")
    width = None if seen else int(columns) if columns.isdecimal() and int(columns) else _UNSEEN_WIDTH
    plain = bool(environ.get("NO_COLOR")) or not seen
    return Console(file=cast(IO[str], stream), width=width, no_color=plain, markup=False, highlight=False, emoji=False)
