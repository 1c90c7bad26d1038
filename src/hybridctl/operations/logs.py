"""Search the logs of the function and the API: a whole window, or its newest lines."""

import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice

from hybridctl.domain.logs.events import Line
from hybridctl.domain.logs.filter import LogFilter
from hybridctl.domain.logs.levels import Levels
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.newest import Newest
from hybridctl.domain.logs.pace import Pace
from hybridctl.operations.log_calls import Heard, LogCaller, Noted, ahead, channels
from hybridctl.ports.insight import LogSource
from hybridctl.ports.run import Clock

_BATCH = 500
_ORDERED_SINCE = datetime(2024, 1, 1, tzinfo=UTC)  # CloudWatch reads backwards from here on


def search(
    source: LogSource,
    clock: Clock,
    window: Window,
    wanted: LogFilter,
    *,
    heard: Heard,
    noted: Noted,
    limit: int | None = None,
    folded: bool = True,
    access: LogSource | None = None,
    reads: bool = True,
) -> int:
    """Pass all matching lines on, page by page, oldest first; with `limit`, only the newest. Returns their number.

    With `access`, the API's log is included and the lines are merged by time. Lines are parsed only if `reads` or a
    filter requires it. Raises NotDeployed.
    """
    pace = Pace(rate=5, now=clock.monotonic(), eager=True)
    callers = [
        LogCaller(one, clock, noted, pace, endless=False) for one in channels(source, access, wanted, reads=reads)
    ]
    batches = _forward(callers[0], window, wanted) if access is None else _merge(callers, window, wanted)
    if limit is None:
        count = 0
        for lines in batches:
            count += len(lines)
            heard(lines)
        return count
    forwards = access is not None or wanted.level is not None or window.start < _ORDERED_SINCE
    newest = None if forwards else _newest(callers[0], window, wanted, limit, folded=folded)
    if newest is None:
        newest = Newest(limit, folded=folded)
        for lines in batches:
            for line in lines:
                newest.add_newer(line)
    found = list(newest.lines())
    heard(found)
    return len(found)


def _merge(callers: Sequence[LogCaller], window: Window, wanted: LogFilter) -> Iterator[list[Line]]:
    """Yield the lines of several groups ordered by time, keeping at most two pages of each."""
    each = (chain.from_iterable(_forward(caller, window, wanted)) for caller in callers)
    merged = heapq.merge(*each, key=lambda line: line.event.time)
    while batch := list(islice(merged, _BATCH)):
        yield batch


def _forward(caller: LogCaller, window: Window, wanted: LogFilter) -> Iterator[list[Line]]:
    levels = Levels()
    for page in ahead(caller.pages(window)):
        lines = [caller.channel.read(event) for event in page.events]
        if caller.channel.is_read:
            lines = levels.inherit(lines)
        yield [line for line in lines if wanted.matches(line)]


def _newest(caller: LogCaller, window: Window, wanted: LogFilter, limit: int, *, folded: bool) -> Newest | None:
    """Return the newest lines by reading backwards, or None if the service reads forwards anyway."""
    newest = Newest(limit, folded=folded)
    previous: datetime | None = None
    for page in caller.pages(window, newest_first=True):
        for event in page.events:
            if previous is not None and event.time > previous:
                return None
            previous = event.time
            line = caller.channel.read(event)
            if wanted.matches(line) and not newest.add_older(line):
                return newest
    return newest
