"""The older lines of a busy log, read again page by page because one sweep would take too long.

A minute of 500 lines per second is a dozen pages. Reading them at once would delay new lines by six seconds. The newest
lines of a busy log are therefore read first every second, and the minute before them in small parts, repeatedly. Each
line is read twice before it is a minute old, the second time at an age of at least forty seconds.
"""

from dataclasses import dataclass
from datetime import datetime

from hybridctl.domain.logs.cursor import DEEPEST, Cursor
from hybridctl.domain.logs.events import LogPage
from hybridctl.domain.logs.moments import Window

FEW_PAGES = 2  # the most pages for a whole sweep
_SPEED = 2  # seconds of the log per second; at 1 it would never catch up


@dataclass(slots=True)
class _Sweep:
    """A sweep in progress. `position` is the time of the last line read."""

    window: Window
    began: datetime
    position: datetime
    token: str | None = None
    pages: int = 0

    def is_due(self, now: datetime) -> bool:
        return self.position - self.window.start <= _SPEED * (now - self.began)


class Backlog:
    """Sweeps behind the newest lines of `cursor`. Each one starts when the previous one has ended."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._is_needed = False
        self._sweep: _Sweep | None = None

    @property
    def is_needed(self) -> bool:
        """Whether the log is too busy for whole sweeps."""
        return self._is_needed

    def swept(self, pages: int) -> None:
        """Record that a whole sweep took this many pages."""
        if pages > FEW_PAGES:
            self._is_needed = True
            self.begin_again()

    def begin_again(self) -> None:
        """Discard the sweep in progress."""
        self._sweep = None

    def next_page(self, now: datetime) -> tuple[Window, str | None] | None:
        """Return the window and token of the next page if it is due, otherwise None."""
        if not self._is_needed:
            return None
        if self._sweep is None:
            window = self._cursor.behind(DEEPEST, now)
            self._sweep = _Sweep(window, now, window.start)
        return (self._sweep.window, self._sweep.token) if self._sweep.is_due(now) else None

    def took(self, page: LogPage) -> None:
        """Record that the page was read. Does nothing if its sweep was discarded."""
        sweep = self._sweep
        if sweep is None:
            return
        sweep.pages += 1
        if page.events:
            sweep.position = page.events[-1].time
        if page.token and page.token != sweep.token:
            sweep.token = page.token
            return
        self._sweep = None
        self._is_needed = sweep.pages > FEW_PAGES
