"""A stream to print on, with rich's console for what needs layout, colour or a terminal."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import TextIOBase

    from rich.console import Console

# Each of them can make rich take a pipe for a terminal: https://rich.readthedocs.io/en/stable/console.html
_FORCING = ("FORCE_COLOR", "TTY_COMPATIBLE")


class Printer:
    """One of the two outputs of a run. Its console is opened on first use, because rich takes a quarter of the time of
    a help page.
    """

    def __init__(self, file: TextIOBase, environ: Mapping[str, str]) -> None:
        self.file = file
        self._environ = environ

    @cached_property
    def console(self) -> Console:
        from hybridctl.views.console import open_console

        return open_console(self.file, self._environ)

    @property
    def is_terminal(self) -> bool:
        may_be = self.file.isatty() or any(name in self._environ for name in _FORCING)
        return may_be and self.console.is_terminal

    @property
    def is_painted(self) -> bool:
        """Whether colours are wanted."""
        return self.is_terminal and not self.console.no_color

    @property
    def encoding(self) -> str:
        return getattr(self.file, "encoding", None) or "utf-8"
