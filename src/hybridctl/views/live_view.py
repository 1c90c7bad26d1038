"""Show a result repeatedly: in place on a terminal, otherwise one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from hybridctl.views.render import as_json, render
from hybridctl.views.screen import Output, Screen


class LiveView:
    """Shows each result that it is called with; inside `repaint`, in place of the previous one if possible."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._live: Live | None = None
        self._repeats = False

    def __call__(self, result: Any) -> None:
        """Show a result. Raises ReaderGone if results are repeated and nobody reads them any more."""
        if self._screen.output is Output.JSON:
            self._screen.json(as_json(result), indent=None if self._repeats else 2)
        elif self._live is not None:
            # An empty line at the end: an echoed ^C must not wrap, or a line of the frame would remain.
            self._live.update(Group(self._renderable(result), Text()), refresh=True)
        else:
            self._screen.out.console.print(self._renderable(result))
        if self._repeats:
            self._screen.must_have_reader()

    @contextmanager
    def repaint(self) -> Iterator[None]:
        """Repaint the newest result in place on a terminal; otherwise print each one, JSON as one line."""
        self._repeats = True
        if not self._screen.out.is_terminal or self._screen.output is Output.JSON:
            yield
            return
        console = self._screen.out.console
        with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
            self._live = live
            yield

    def _renderable(self, result: Any) -> RenderableType:
        return render(result)
