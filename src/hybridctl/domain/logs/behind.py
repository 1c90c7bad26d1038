"""What a busy log has no time for in one sweep: what lies behind the newest lines, read again a page at a time.

A minute of five hundred lines a second is a dozen pages. Read in one go, they would keep new lines waiting for six
seconds; so of a busy log the newest are read first each second, and the minute before them little by little, again and
again. Each line is passed twice before it is a minute old, the second time at no less than forty seconds.
"""

from dataclasses import dataclass
from datetime import datetime

from hybridctl.domain.logs.cursor import DEEPEST, Cursor
from hybridctl.domain.logs.events import LogPage
from hybridctl.domain.logs.moments import Window

FEW_PAGES = 2  # that a sweep may take as a whole
_SPEED = 2  # seconds of the log in a second; at 1 it would never come nearer to the newest


@dataclass(slots=True)
class _Sweep:
    """One that is in progress: `position` is the time of the last line read."""

    window: Window
    began: datetime
    position: datetime
    token: str | None = None
    pages: int = 0

    def is_due(self, now: datetime) -> bool:
        return self.position - self.window.start <= _SPEED * (now - self.began)


class Behind:
    """Sweeps through what lies behind the newest lines of `cursor`, each started when the one before it has ended."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._is_needed = False
        self._sweep: _Sweep | None = None

    @property
    def is_needed(self) -> bool:
        """Whether the log is too busy for whole sweeps."""
        return self._is_needed

    def swept(self, pages: int) -> None:
        """A whole sweep took so many pages."""
        if pages > FEW_PAGES:
            self._is_needed = True
            self.begin_again()

    def begin_again(self) -> None:
        """Give up the sweep that is in progress."""
        self._sweep = None

    def next_page(self, now: datetime) -> tuple[Window, str | None] | None:
        """The window and token of the page that is due by now."""
        if not self._is_needed:
            return None
        if self._sweep is None:
            window = self._cursor.behind(DEEPEST, now)
            self._sweep = _Sweep(window, now, window.start)
        return (self._sweep.window, self._sweep.token) if self._sweep.is_due(now) else None

    def took(self, page: LogPage) -> None:
        """The page was read, unless its sweep was given up meanwhile."""
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
