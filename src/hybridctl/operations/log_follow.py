"""Follow the function's log: when to ask for what, and how to continue after CloudWatch was unreachable."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from hybridctl.domain.logs.backlog import Backlog
from hybridctl.domain.logs.cursor import DEEPEST, Cursor
from hybridctl.domain.logs.events import LogEvent, LogPage
from hybridctl.domain.logs.filter import LogFilter
from hybridctl.domain.logs.levels import Levels
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.pace import Pace
from hybridctl.domain.logs.stragglers import FAR, Stragglers
from hybridctl.durations import describe_duration
from hybridctl.errors import LogPagesLost, NotDeployed
from hybridctl.operations.log_calls import Channel, Heard, LogCaller, Noted, channels
from hybridctl.ports.insight import LogSource
from hybridctl.ports.run import Clock

_DEEPEST, _FAR = (describe_duration(reach.total_seconds()) for reach in (DEEPEST, FAR))
POLL_SECONDS = 1.0
BUSY_POLL_SECONDS = 1.15  # where lines further back are asked for as well: about 1.2 calls a second in all
MISSING_SECONDS = 3.0
OUTAGE = timedelta(seconds=10)
SKEW = timedelta(seconds=2)
LONG_SWEEP = timedelta(seconds=5)
AT_ONCE = 4  # pages behind the newest lines, however far what is read there has fallen back


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
    """Pass matching lines on as they become readable, until Ctrl-C; `heard` is called after each poll.

    With `access`, the API's log is polled in turn. Raises errors that a retry cannot fix, such as missing permissions.
    At the end it notes that lines may be missing that arrived later than any sweep looks back.
    """
    began = clock.now()
    pace = Pace(rate=2, now=clock.monotonic())
    followers = [
        _Follower(one, clock, start, wanted, heard, noted, pace)
        for one in channels(source, access, wanted, reads=reads)
    ]
    try:
        while True:
            for follower in followers:
                follower.poll()
    except KeyboardInterrupt:
        if clock.now() - began > FAR:
            noted(
                f"lines that arrived more than {_FAR} late were not shown; "
                f"to see them: hybridctl logs --since {_iso(began)}"
            )
        raise


class _Follower:
    def __init__(
        self,
        channel: Channel,
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
        self._caller = LogCaller(channel, clock, noted, pace, endless=True)
        self._behind = Backlog(self._cursor)
        self._stragglers = Stragglers(self._cursor)
        self._levels = Levels()
        self._told_latest = FAR / 2
        self._is_told_busy = False
        self._answered: datetime | None = None
        self._skew: timedelta | None = None
        self._is_missing = False
        self._is_cut_off = False  # since an outage that was noticed by a page from further back
        self._is_whole = True  # the sweep in progress leaves nothing for later
        self._began = 0.0  # on the monotonic clock: when the window of the sweep in progress was chosen

    def poll(self) -> None:
        """Read what may be new, and wait until the next sweep is due."""
        began = self._clock.monotonic()
        try:
            self._sweep()
            self._look_behind()
            self._look_far()
            if self._is_missing:
                self._is_missing = False
                self._noted(f"{self._source.group} now exists")
        except NotDeployed:
            if not self._is_missing:
                self._is_missing = True
                self._noted(f"{self._source.group} does not exist yet: waiting for it")
            self._answered = None
            self._clock.sleep(MISSING_SECONDS)
            return
        except LogPagesLost:
            self._cursor.reach_far()
            self._behind.begin_again()
            self._stragglers.begin_again(self._now())
        seconds = BUSY_POLL_SECONDS if self._behind.is_needed else POLL_SECONDS
        rest = seconds - (self._clock.monotonic() - began)
        if rest > 0:
            self._clock.sleep(rest)

    def _sweep(self) -> None:
        self._skip_gap()
        began, self._began = self._now(), self._clock.monotonic()
        pages = 0
        for page in self._caller.pages(self._window(began), renew=self._begin_again):
            self._hand_over(page)
            pages += 1
            if pages == 1 and self._is_whole:
                self._is_cut_off = False  # this sweep began with what the outage may have hidden
        self._cursor.swept(self._now() - timedelta(seconds=self._clock.monotonic() - self._began))
        if self._is_whole:
            self._behind.swept(pages)
        if self._now() - began > LONG_SWEEP:
            self._cursor.reach_far()  # meanwhile lines may have come late behind the page that was being read

    def _skip_gap(self) -> None:
        """Skip and note a period that is too long to catch up on, such as a laptop's night."""
        if not self._cursor.is_far_behind(now := self._now()):
            return
        self._take_time(self._caller.page(Window(now, now), None))  # this machine's clock may have been set instead
        if gap := self._cursor.skip_to(self._now()):
            self._noted(
                f"gap: {_clock_time(gap.start)} to {_clock_time(gap.end)} was not read; to see it: "
                f"hybridctl logs --since {_iso(gap.start)} --until {_iso(gap.end)}"
            )

    def _begin_again(self) -> Window:
        """Return the window of a sweep whose first call got no answer, however long ago that was."""
        self._began = self._clock.monotonic()
        return self._window(self._now(), retry=True)

    def _look_behind(self) -> None:
        for _ in range(AT_ONCE):
            if (due := self._behind.next_page(self._now())) is None:
                return
            page = self._caller.page(*due)
            self._hand_over(page)
            self._behind.took(page)

    def _look_far(self) -> None:
        """Read a page from before all windows, for lines that became readable minutes late."""
        now = self._now()
        if self._behind.is_needed:
            self._stragglers.begin_again(now)
            if not self._is_told_busy:
                self._is_told_busy = True
                self._noted(
                    f"too many lines to check for those more than {_DEEPEST} "
                    "late; hybridctl logs --since 15m shows them"
                )
            return
        if (due := self._stragglers.next_page(now)) is None:
            return
        page = self._caller.page(*due)
        self._take_time(page)
        self._show([(event, True) for event in self._stragglers.admit(page, self._now())])
        if self._stragglers.latest > self._told_latest:
            self._told_latest = 2 * self._stragglers.latest
            latest = describe_duration(self._stragglers.latest.total_seconds())
            self._noted(
                f"lines arrive up to {latest} late; later than "
                f"{_FAR}, they are not shown here: hybridctl logs --since 1h shows them"
            )

    def _hand_over(self, page: LogPage) -> None:
        self._take_time(page)
        admitted = self._cursor.admit(page.events, self._now())
        self._stragglers.saw(event for event, _ in admitted)
        self._show(admitted)

    def _show(self, admitted: Iterable[tuple[LogEvent, bool]]) -> None:
        fresh = [self._channel.read(event, late=late) for event, late in admitted]
        self._heard([line for line in self._levels.inherit(fresh) if self._wanted.matches(line)])

    def _window(self, now: datetime, *, retry: bool = False) -> Window:
        """Return the window to read; `retry` is set after an unanswered call, when any line may have become readable.

        For a busy log this is the newest part. After an outage it is everything since the last shown line, and it is
        read before new lines, because their ids replace older ones in the memory.
        """
        cut_off = self._is_cut_off or (self._answered is not None and self._clock.now() - self._answered > OUTAGE)
        if retry or cut_off:
            self._cursor.reach_far()
        self._is_whole = cut_off or not self._behind.is_needed
        return self._cursor.window(now) if self._is_whole else self._cursor.near(now)

    def _take_time(self, page: LogPage) -> None:
        """Note that an outage is over, and this machine's clock offset: windows are in CloudWatch's time."""
        now = self._clock.now()
        if self._answered is not None and now - self._answered > OUTAGE:
            self._noted(f"no answer between {_clock_time(self._answered)} and {_clock_time(now)}: catching up")
            self._is_cut_off = True
        self._answered = now
        if page.answered is None:
            return
        if self._skew is None and now - page.answered > SKEW:
            ahead = now - page.answered
            self._cursor.start_earlier(ahead)
            self._noted(f"this machine's clock is {ahead.total_seconds():.0f} s ahead of CloudWatch's")
        self._skew = page.answered - now

    def _now(self) -> datetime:
        """Return CloudWatch's time as far as it is known; its Date header has whole seconds."""
        if self._skew is None or abs(self._skew) <= SKEW:
            return self._clock.now()
        return self._clock.now() + self._skew


def _clock_time(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
