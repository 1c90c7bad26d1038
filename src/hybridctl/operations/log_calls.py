"""Read one log group page by page: paced, with retries, and one page ahead of the reader."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hybridctl.domain.logs.access import understand_access
from hybridctl.domain.logs.events import Line, LogPage, understand, unread
from hybridctl.domain.logs.filter import LogFilter
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.pace import Pace
from hybridctl.errors import CredentialsExpired, LogsThrottled, LogsUnreachable
from hybridctl.operations.read_ahead import read_ahead
from hybridctl.ports.insight import LogSource
from hybridctl.ports.run import Clock

_THROTTLED_TRIES = 12  # of one page in a search: the pauses between them add up to about a minute
_UNREACHABLE_TRIES = 7  # twelve seconds

Heard = Callable[[Sequence[Line]], None]
Noted = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Channel:
    """One log group, CloudWatch's filter for it, and how to read its events."""

    source: LogSource
    pattern: str | None
    read: Callable[..., Line]

    @property
    def is_read(self) -> bool:
        """Whether more than a line's text is used."""
        return self.read is not unread


def channels(source: LogSource, access: LogSource | None, wanted: LogFilter, *, reads: bool) -> list[Channel]:
    """Return the function's log and, with `access`, the API's; lines are parsed if `reads` or the filter needs it."""
    looks = reads or wanted.reads
    found = [Channel(source, wanted.pattern, understand if looks else unread)]
    if access is None:
        return found
    return [*found, Channel(access, wanted.access_pattern, understand_access if looks else unread)]


@dataclass(slots=True)
class LogCaller:
    """Call CloudWatch at a limited rate, and retry throttled or failed calls; forever if `endless`."""

    channel: Channel
    clock: Clock
    noted: Noted
    pace: Pace
    endless: bool
    is_told: bool = False

    def page(self, window: Window, token: str | None) -> LogPage:
        """One page of a window."""
        return self._ask(window, token, newest_first=False, renew=None)[1]

    def pages(
        self, window: Window, *, newest_first: bool = False, renew: Callable[[], Window] | None = None
    ) -> Iterator[LogPage]:
        """Yield all pages of a window; `renew` returns the request to use instead if the first page got no answer."""
        token: str | None = None
        while True:
            window, page = self._ask(window, token, newest_first=newest_first, renew=renew if token is None else None)
            yield page
            if not page.token or page.token == token:
                return
            token = page.token

    def _ask(
        self, window: Window, token: str | None, *, newest_first: bool, renew: Callable[[], Window] | None
    ) -> tuple[Window, LogPage]:
        """Return the page and its window: a token is only valid for the window it came from."""
        source, pattern = self.channel.source, self.channel.pattern
        tries = 0
        while True:
            if (seconds := self.pace.wait(self.clock.monotonic())) > 0:
                self.clock.sleep(seconds)
            try:
                page = source.page(window, pattern=pattern, token=token, newest_first=newest_first)
            except (LogsThrottled, LogsUnreachable) as trouble:
                self.pace.note_end(self.clock.monotonic())
                tries += 1
                if not self.endless and tries >= _tries(trouble):
                    raise
                self._slower(trouble)
                if renew is not None:
                    window = renew()
                continue
            self.pace.note_end(self.clock.monotonic())
            self._faster()
            return window, page

    def _slower(self, trouble: LogsThrottled | LogsUnreachable) -> None:
        self.pace.slower(throttled=isinstance(trouble, LogsThrottled))
        if not self.is_told:
            self.is_told = True
            again = "slowing down" if isinstance(trouble, LogsThrottled) else "trying again"
            hint = f" ({trouble.hint})" if isinstance(trouble, LogsUnreachable) and trouble.hint else ""
            self.noted(f"{trouble}{hint}: {again}")

    def _faster(self) -> None:
        self.pace.faster()
        if self.is_told and not self.pace.is_slowed:
            self.is_told = False
            self.noted("CloudWatch answers again; back to the normal rate")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the pages; each is fetched while the previous one is used, and at most one is kept.

    Nothing waits for the threads, so Ctrl-C ends the process even while a call hangs.
    """
    coming = read_ahead(lambda: next(items, None))
    while (page := coming()) is not None:
        coming = read_ahead(lambda: next(items, None))
        yield page


def _tries(trouble: LogsThrottled | LogsUnreachable) -> int:
    if isinstance(trouble, CredentialsExpired):
        return 1
    return _THROTTLED_TRIES if isinstance(trouble, LogsThrottled) else _UNREACHABLE_TRIES
