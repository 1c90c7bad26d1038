"""Follows a log whose lines become readable late and out of order: which window to read next, and which lines are new.

CloudWatch filters only by the events' own times, and a line can become readable seconds after newer lines. Each poll
therefore starts a little before the newest line; every eighth poll starts earlier, and some start much earlier. After
late lines, every third poll goes back as far as those lines were late, or fewer polls do if that is far. The amount
that is read again stays a small multiple of the new lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from hybridctl.domain.logs.events import LogEvent
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.seen_events import SeenEvents

OVERLAP = timedelta(seconds=2.5)
DEEP = timedelta(seconds=20)
DEEPEST = timedelta(seconds=60)
DEEP_EVERY = 8
DEEPEST_EVERY = 28  # polls; these sweeps find every line that is late by at most DEEPEST minus this many seconds
LATE_EVERY = 3
MOST_AGAIN = 2  # seconds per second that are read again because of late lines
FUTURE = timedelta(seconds=5)  # a time further ahead comes from a wrong clock
KEPT = DEEPEST + 2 * FUTURE  # before the newest line: no window starts earlier, even if a clock is ahead
MARGIN = timedelta(seconds=1)  # a line is late if it is this much older than a line already shown
FAR_LATE = timedelta(seconds=15)  # the deep sweeps find later lines
QUIET = timedelta(minutes=5)  # how far back a quiet group is read
CATCH_UP = timedelta(hours=1)  # after the machine slept, an older period is reported as a gap


@dataclass(frozen=True, slots=True)
class LogGap:
    """A period that was not read."""

    start: datetime
    end: datetime


class Cursor:
    """Returns each event once, if it is not later than the deepest window. Memory is limited to the events in that
    window.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._newest = start
        self._met = SeenEvents()
        self._forgotten = start - KEPT  # older events cannot be distinguished from shown ones
        self._polls = 0
        self._reach_far = True
        self._read: datetime | None = None
        self._lateness = timedelta()
        self._late_until: datetime | None = None

    @property
    def start(self) -> datetime:
        """The start of the log to show. Older events are not shown."""
        return self._start

    @property
    def newest(self) -> datetime:
        return self._newest

    @property
    def remembered(self) -> int:
        """The number of event ids in memory."""
        return len(self._met)

    def start_earlier(self, by: timedelta) -> None:
        """Move the start back, after it was taken from a clock that is ahead."""
        self._start -= by
        self._forgotten -= by
        self._newest = min(self._newest, self._start) if not self.remembered else self._newest

    def reach_far(self) -> None:
        """Make the next sweep go back as far as possible, because lines may have been missed."""
        self._reach_far = True

    def is_far_behind(self, now: datetime) -> bool:
        """Return whether the last complete sweep began more than CATCH_UP ago."""
        return self._read is not None and self._read < now - CATCH_UP

    def skip_to(self, moment: datetime) -> LogGap | None:
        """Skip everything older than CATCH_UP before `moment`. Return the gap, or None."""
        if self._read is None or not self.is_far_behind(moment):
            return None
        resumed = moment - CATCH_UP
        gap = LogGap(self._read, resumed)
        self._read = self._newest = self._start = resumed
        return gap

    def window(self, now: datetime) -> Window:
        """Return the window of the next sweep."""
        reach = self._reach(now)
        self._reach_far = False
        return self._reaching(reach, now)

    def near(self, now: datetime) -> Window:
        """Return the window of new lines, with the usual lateness of lines."""
        return self._reaching(OVERLAP, now)

    def behind(self, back: timedelta, now: datetime) -> Window:
        """Return the window from `back` before the newest line up to the start of `near`."""
        return Window(self._reaching(back, now).start, self.near(now).start)

    def swept(self, began: datetime) -> None:
        """Record that a sweep that began at this time was read completely."""
        self._read = began
        self._polls += 1

    def admit(self, events: Iterable[LogEvent], now: datetime) -> list[tuple[LogEvent, bool]]:
        """Return the events that were not returned before, in the given order, each with whether it is late."""
        fresh: list[tuple[LogEvent, bool]] = []
        shown = self._newest
        for event in events:
            if self._newest < event.time <= now + FUTURE:
                self._newest = event.time
            if event.time < self._start or event.time < self._forgotten or not self._met.is_new(event):
                continue
            behind = shown - event.time
            late = behind > MARGIN
            if late and OVERLAP - MARGIN < behind < FAR_LATE:
                self._lateness = max(self._lateness, behind)
                self._late_until = now + DEEPEST / 2
            fresh.append((event, late))
        self._forgotten = max(self._forgotten, self._newest - KEPT)
        self._met.forget_before(self._forgotten)
        return fresh

    def _reaching(self, back: timedelta, now: datetime) -> Window:
        start = max(min(self._newest, now) - back, self._start)
        return Window(start if self._read is None else max(start, self._read - QUIET))

    def _reach(self, now: datetime) -> timedelta:
        if self._reach_far or self._polls % DEEPEST_EVERY == DEEPEST_EVERY - 1:
            return DEEPEST
        if self._late_until is not None and now >= self._late_until:
            self._late_until, self._lateness = None, timedelta()
        if self._late_until is not None:
            reach = self._lateness + MARGIN / 2
            every = max(LATE_EVERY, ceil(reach.total_seconds() / MOST_AGAIN))
            return reach if self._polls % every == every - 1 else OVERLAP - MARGIN / 2
        return DEEP if self._polls % DEEP_EVERY == DEEP_EVERY - 1 else OVERLAP
