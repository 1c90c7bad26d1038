"""Follow the log with Live Tail: only on request, because it is billed, and it reports what it leaves out."""

from datetime import datetime

from hybridctl.domain.logs.access import understand_access
from hybridctl.domain.logs.events import understand
from hybridctl.domain.logs.filter import LogFilter
from hybridctl.domain.logs.levels import Levels
from hybridctl.domain.logs.live_tail import TERMS
from hybridctl.errors import LiveTailEnded, LogsUnreachable
from hybridctl.operations.log_calls import Heard, Noted
from hybridctl.ports.insight import LiveTail
from hybridctl.ports.run import Clock

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)


def tail_live(
    tail: LiveTail, clock: Clock, wanted: LogFilter, *, heard: Heard, noted: Noted, access: bool = False
) -> None:
    """Pass matching lines on as CloudWatch receives them, until Ctrl-C or until the session's three hours are over.

    With `access`, the API's log is included. An interrupted session is started again, and the gap is reported. Raises
    LogsUnreachable if that fails.
    """
    noted(TERMS)
    levels = Levels()
    session = _Session(clock, noted, "hybridctl logs --access" if access else "hybridctl logs")
    while True:
        try:
            for update in tail.updates(wanted.pattern_of_both if access else wanted.pattern):
                session.goes_on(sampled=update.sampled)
                lines = levels.inherit(map(understand, update.events))
                if update.access:
                    both = [*lines, *map(understand_access, update.access)]
                    lines = sorted(both, key=lambda line: line.event.time)
                heard([line for line in lines if wanted.matches(line)])
        except LiveTailEnded as end:
            noted(f"{end}: {end.hint}")
            return
        except LogsUnreachable as trouble:
            session.breaks(trouble)


class _Session:
    """Notes about the sessions, beside their lines."""

    def __init__(self, clock: Clock, noted: Noted, search: str) -> None:
        self._clock = clock
        self._noted = noted
        self._search = search  # the command that shows a gap
        self._last = clock.now()
        self._broken: datetime | None = None
        self._tries = 0
        self._is_sampled = False

    def goes_on(self, *, sampled: bool) -> None:
        now = self._clock.now()
        if self._broken is not None:
            start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (self._broken, now))
            self._noted(
                f"gap: lines in between are not shown; to see them: {self._search} --since {start} --until {end}"
            )
        if sampled and not self._is_sampled:
            self._noted(
                "sampled: more than 500 lines per second match, and some are dropped; --follow shows all of them"
            )
        if self._is_sampled and not sampled:
            self._noted("no longer sampled: all lines are shown")
        self._is_sampled, self._broken, self._tries, self._last = sampled, None, 0, now

    def breaks(self, trouble: LogsUnreachable) -> None:
        if self._tries == len(PAUSES):
            raise trouble
        if self._broken is None:
            self._broken = self._last
            self._noted(f"{trouble}: reconnecting")
        self._clock.sleep(PAUSES[self._tries])
        self._tries += 1
