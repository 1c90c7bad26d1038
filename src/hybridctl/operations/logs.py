"""Search the function's log, or follow it: what is asked for when, what is done when CloudWatch does not answer."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice

from hybridctl.domain.logs.access import understand_access
from hybridctl.domain.logs.cursor import Cursor
from hybridctl.domain.logs.events import Line, LogPage, understand, unread
from hybridctl.domain.logs.filter import LogFilter
from hybridctl.domain.logs.levels import Levels
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.newest import Newest
from hybridctl.domain.logs.pace import Pace
from hybridctl.errors import CredentialsExpired, LogPagesLost, LogsThrottled, LogsUnreachable, NotDeployed
from hybridctl.ports import Clock, LogSource

POLL_SECONDS = 1.0
MISSING_SECONDS = 3.0
OUTAGE = timedelta(seconds=10)
SKEW = timedelta(seconds=2)
LONG_SWEEP = timedelta(seconds=5)
_THROTTLED_TRIES = 12  # of one page in a search: the pauses between them add up to about a minute
_UNREACHABLE_TRIES = 5
_BATCH = 500
_ORDERED_SINCE = datetime(2024, 1, 1, tzinfo=UTC)  # CloudWatch reads backwards from here on

Heard = Callable[[Sequence[Line]], None]
Noted = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Channel:
    """One log group, what CloudWatch is told to leave out of it, and how its events are read."""

    source: LogSource
    pattern: str | None
    read: Callable[..., Line]


@dataclass(slots=True)
class _Caller:
    """Calls CloudWatch at a pace, and again when it throttles or cannot be reached; without end when `endless`."""

    channel: _Channel
    clock: Clock
    noted: Noted
    pace: Pace
    endless: bool
    is_told: bool = False

    anew: Callable[[], Window] | None = None  # the window to begin with again, once a call was not answered

    def page(self, window: Window, token: str | None, *, newest_first: bool = False) -> LogPage:
        source, pattern = self.channel.source, self.channel.pattern
        tries = 0
        while True:
            if (seconds := self.pace.wait(self.clock.monotonic())) > 0:
                self.clock.sleep(seconds)
            try:
                page = source.page(window, pattern=pattern, token=token, newest_first=newest_first)
            except (LogsThrottled, LogsUnreachable) as trouble:
                self.pace.ended(self.clock.monotonic())
                tries += 1
                if not self.endless and tries >= _tries(trouble):
                    raise
                self._slower(trouble)
                if self.anew is not None and token is None:
                    window = self.anew()
                continue
            self.pace.ended(self.clock.monotonic())
            self._faster()
            return page

    def _slower(self, trouble: LogsThrottled | LogsUnreachable) -> None:
        self.pace.slower()
        if not self.is_told:
            self.is_told = True
            again = "asking more slowly" if isinstance(trouble, LogsThrottled) else "trying again"
            hint = f" ({trouble.hint})" if isinstance(trouble, LogsUnreachable) and trouble.hint else ""
            self.noted(f"{trouble}{hint}: {again}")

    def _faster(self) -> None:
        self.pace.faster()
        if self.is_told and not self.pace.is_slowed:
            self.is_told = False
            self.noted("CloudWatch answers again, at the usual pace")


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
    """Hand over all lines wanted, page by page, oldest first; with `limit` the newest ones. The number handed over.

    With `access`, the API's log, the lines of both in the order of time. Where neither `reads` nor a filter asks for
    it, lines are not looked into. Raises NotDeployed.
    """
    pace = Pace(rate=4, burst=12, now=clock.monotonic(), eager=True)  # refused once, it leaves room for others
    callers = [
        _Caller(one, clock, noted, pace, endless=False) for one in _channels(source, access, wanted, reads=reads)
    ]
    batches = _forward(callers[0], window, wanted) if access is None else _merged(callers, window, wanted)
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


def follow(
    source: LogSource,
    clock: Clock,
    start: datetime,
    wanted: LogFilter,
    *,
    heard: Heard,
    noted: Noted,
    access: LogSource | None = None,
    reads: bool = True,
) -> None:
    """Hand over the lines wanted as they become readable, until interrupted; `heard` is called after each poll.

    With `access`, the API's log, the two are asked in turns. Raises what asking again cannot mend: that we are not
    allowed to read the group.
    """
    pace = Pace(rate=2, burst=1, now=clock.monotonic())
    followers = [
        _Follower(one, clock, start, wanted, heard, noted, pace)
        for one in _channels(source, access, wanted, reads=reads)
    ]
    while True:
        for follower in followers:
            follower.poll()


class _Follower:
    def __init__(
        self,
        channel: _Channel,
        clock: Clock,
        start: datetime,
        wanted: LogFilter,
        heard: Heard,
        noted: Noted,
        pace: Pace,
    ) -> None:
        self._channel = channel
        self._source = channel.source
        self._clock = clock
        self._wanted = wanted
        self._heard = heard
        self._noted = noted
        self._cursor = Cursor(start)
        self._caller = _Caller(channel, clock, noted, pace, endless=True, anew=self._far_window)
        self._levels = Levels()
        self._answered: datetime | None = None
        self._skew: timedelta | None = None
        self._is_missing = False

    def poll(self) -> None:
        """One sweep over what may be new, and the pause until the next one is due."""
        began = self._clock.monotonic()
        try:
            self._sweep()
            if self._is_missing:
                self._is_missing = False
                self._noted(f"{self._source.group} is there now")
        except NotDeployed:
            if not self._is_missing:
                self._is_missing = True
                self._noted(f"{self._source.group} does not exist yet: waiting for it")
            self._answered = None
            self._clock.sleep(MISSING_SECONDS)
            return
        except LogPagesLost:
            self._cursor.reach_far()
        rest = POLL_SECONDS - (self._clock.monotonic() - began)
        if rest > 0:
            self._clock.sleep(rest)

    def _sweep(self) -> None:
        began = self._now()
        if gap := self._cursor.skip_to(began):
            self._noted(
                f"gap: {_shown(gap.start)} to {_shown(gap.end)} was not read; "
                f"hybridctl logs --since {_iso(gap.start)} --until {_iso(gap.end)} shows it"
            )
        asleep = self._answered is not None and self._clock.now() - self._answered > OUTAGE
        window = self._far_window() if asleep else self._cursor.window(began)
        token: str | None = None
        while True:
            page = self._caller.page(window, token)
            self._take_time(page)
            admitted = self._cursor.admit(page.events, self._now())
            fresh = [self._channel.read(event, late=late) for event, late in admitted]
            self._heard([line for line in self._levels.inherit(fresh) if self._wanted.matches(line)])
            if not page.token or page.token == token:
                break
            token = page.token
        self._cursor.swept(began)
        if self._now() - began > LONG_SWEEP:
            self._cursor.reach_far()  # meanwhile lines may have come late behind the page that was being read

    def _far_window(self) -> Window:
        """Back to all whose ids are kept: while nothing was answered, any line may have become readable."""
        self._cursor.reach_far()
        return self._cursor.window(self._now())

    def _take_time(self, page: LogPage) -> None:
        """Note an outage that is over, and how far this machine's clock is off: windows are in CloudWatch's time."""
        now = self._clock.now()
        if self._answered is not None and now - self._answered > OUTAGE:
            self._noted(f"no answer between {_shown(self._answered)} and {_shown(now)}: catching up")
        self._answered = now
        if page.answered is None:
            return
        if self._skew is None and now - page.answered > SKEW:
            ahead = now - page.answered
            self._cursor.start_earlier(ahead)
            self._noted(f"this machine's clock is {ahead.total_seconds():.0f} s ahead of CloudWatch's")
        self._skew = page.answered - now

    def _now(self) -> datetime:
        """The time at CloudWatch, as far as it is known; its Date header is in whole seconds."""
        if self._skew is None or abs(self._skew) <= SKEW:
            return self._clock.now()
        return self._clock.now() + self._skew


def _tries(trouble: LogsThrottled | LogsUnreachable) -> int:
    if isinstance(trouble, CredentialsExpired):
        return 1
    return _THROTTLED_TRIES if isinstance(trouble, LogsThrottled) else _UNREACHABLE_TRIES


def _channels(source: LogSource, access: LogSource | None, wanted: LogFilter, *, reads: bool) -> list[_Channel]:
    looks = reads or wanted.reads
    found = [_Channel(source, wanted.pattern, understand if looks else unread)]
    if access is None:
        return found
    return [*found, _Channel(access, wanted.access_pattern, understand_access if looks else unread)]


def _merged(callers: Sequence[_Caller], window: Window, wanted: LogFilter) -> Iterator[list[Line]]:
    """The lines of several groups in the order of time; no more than a page of each is held."""
    each = (chain.from_iterable(_forward(caller, window, wanted)) for caller in callers)
    merged = heapq.merge(*each, key=lambda line: line.event.time)
    while batch := list(islice(merged, _BATCH)):
        yield batch


def _forward(caller: _Caller, window: Window, wanted: LogFilter) -> Iterator[list[Line]]:
    levels = Levels()
    for page in _pages(caller, window):
        lines = levels.inherit([caller.channel.read(event) for event in page.events])
        yield [line for line in lines if wanted.matches(line)]


def _newest(caller: _Caller, window: Window, wanted: LogFilter, limit: int, *, folded: bool) -> Newest | None:
    """The newest lines by reading backwards, or None where the service reads forwards all the same."""
    newest = Newest(limit, folded=folded)
    previous: datetime | None = None
    for page in _pages(caller, window, newest_first=True):
        for event in page.events:
            if previous is not None and event.time > previous:
                return None
            previous = event.time
            line = caller.channel.read(event)
            if wanted.matches(line) and not newest.add_older(line):
                return newest
    return newest


def _pages(caller: _Caller, window: Window, *, newest_first: bool = False) -> Iterator[LogPage]:
    token: str | None = None
    while True:
        page = caller.page(window, token, newest_first=newest_first)
        yield page
        if not page.token or page.token == token:
            return
        token = page.token


def _shown(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
