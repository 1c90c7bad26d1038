"""Lines that become readable later than any window of the cursor reaches back: found by when CloudWatch took them in.

The ids of a quarter of an hour would be too many to keep. But a line that was taken in soon after its time was shown by
an ordinary sweep, so among older lines only the others can be new, and only their ids are kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hybridctl.domain.logs.cursor import DEEPEST, KEPT, Cursor
from hybridctl.domain.logs.events import LogEvent, LogPage
from hybridctl.domain.logs.met import Met
from hybridctl.domain.logs.moments import Window

FAR = timedelta(minutes=15)  # what comes later than this may not be found
EVERY = timedelta(seconds=60)
_REACH = FAR + 2 * EVERY  # before the newest line: a line that late is still there when the next sweep passes
PROMPT = DEEPEST / 2  # a line taken in no later than this is met by the cursor's own sweeps


@dataclass(slots=True)
class _Sweep:
    window: Window
    token: str | None = None


class Stragglers:
    """Sweeps over what lies behind all windows of `cursor`, page by page, each started EVERY after the last ended."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._met = Met()
        self._sweep: _Sweep | None = None
        self._due: datetime | None = None
        self.latest = timedelta()  # how late the latest line was that was found here

    def saw(self, shown: Iterable[LogEvent]) -> None:
        """These were shown by an ordinary sweep."""
        for event in shown:
            if _is_late(event):
                self._met.is_new(event)

    def next_page(self, now: datetime) -> tuple[Window, str | None] | None:
        """The window and token of the page that is due by now."""
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
        """The lines of the due page that nobody has shown yet."""
        found = [event for event in page.events if _is_late(event) and self._met.is_new(event)]
        self.latest = max([self.latest, *(event.ingested - event.time for event in found)])
        if self._sweep is not None and page.token and page.token != self._sweep.token:
            self._sweep.token = page.token
        else:
            self.begin_again(now)
        return found

    def begin_again(self, now: datetime) -> None:
        """Give up the sweep that is in progress."""
        self._sweep = None
        self._due = now + EVERY


def _is_late(event: LogEvent) -> bool:
    return event.ingested - event.time > PROMPT
