"""Finds lines that become readable later than the cursor's deepest window, by the time of their ingestion.

Keeping the ids of fifteen minutes would take too much memory. A line that was ingested soon after its time was already
shown by an ordinary sweep. Among older lines, only lines that were ingested late can be new, so only their ids are
kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hybridctl.domain.logs.cursor import DEEPEST, KEPT, Cursor
from hybridctl.domain.logs.events import LogEvent, LogPage
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.seen_events import SeenEvents

FAR = timedelta(minutes=15)  # later lines may be missed
EVERY = timedelta(seconds=60)
_REACH = FAR + 2 * EVERY  # before the newest line, so that the next sweep still finds a line that is late by FAR
PROMPT = DEEPEST / 2  # the cursor's own sweeps find lines that were ingested within this time


@dataclass(slots=True)
class _Sweep:
    window: Window
    token: str | None = None


class Stragglers:
    """Sweeps over the lines before all windows of `cursor`, page by page. Each sweep starts EVERY after the end of the
    previous one.
    """

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._met = SeenEvents()
        self._sweep: _Sweep | None = None
        self._due: datetime | None = None
        self.latest = timedelta()  # the longest delay of a line found here

    def saw(self, shown: Iterable[LogEvent]) -> None:
        """Record the events that an ordinary sweep has shown."""
        for event in shown:
            if _is_late(event):
                self._met.is_new(event)

    def next_page(self, now: datetime) -> tuple[Window, str | None] | None:
        """Return the window and token of the next page if it is due, otherwise None."""
        if self._due is None:
            self._due = now + EVERY
        if self._sweep is None:
            window = Window(max(self._cursor.start, self._cursor.newest - _REACH), self._cursor.newest - KEPT)
            if now < self._due or window.end is None or window.end <= window.start:
                return None
            self._sweep = _Sweep(window)
            self._met.forget_before(window.start - EVERY)
        return self._sweep.window, self._sweep.token

    def admit(self, page: LogPage, now: datetime) -> list[LogEvent]:
        """Return the page's events that were not shown yet."""
        late = [event for event in page.events if _is_late(event) and self._met.is_new(event)]
        self.latest = max([self.latest, *(event.ingested - event.time for event in late)])
        if self._sweep is not None and page.token and page.token != self._sweep.token:
            self._sweep.token = page.token
        else:
            self.begin_again(now)
        return late

    def begin_again(self, now: datetime) -> None:
        """Discard the sweep in progress."""
        self._sweep = None
        self._due = now + EVERY


def _is_late(event: LogEvent) -> bool:
    return event.ingested - event.time > PROMPT
