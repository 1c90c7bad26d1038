"""The rate of calls to CloudWatch. The quota of FilterLogEvents is shared by everyone in the account and region.

Five calls a second: repost.aws/knowledge-center/cloudwatch-logs-throttling
"""

from threading import Lock

LONGEST_PAUSE = 8.0
_SHORTEST_PAUSE = 0.3  # the quota allows one more call in this time
_SHORTEST_BREAK = 0.2  # a broken connection does not indicate too many calls
_TRIAL_PAUSE = 1.0  # after the longest pause and this one, the usual rate is back within ten seconds
_REGAINED = 1.4
_UNHINDERED = 25.0  # calls per second; sequential calls are hardly faster


class Pace:
    """Allows `rate` calls per second, measured from the end of the previous call, with a growing pause while calls
    fail.

    If it were measured from the start of a call, a slow call and the two after it could reach CloudWatch within one
    second.

    With `eager`, calls are not delayed until the first one is throttled, because reading page after page waits for each
    answer anyway. After that, each answer raises the rate again. Threads may share an instance.
    """

    def __init__(self, *, rate: float, now: float, eager: bool = False) -> None:
        self._is_eager = eager
        self._base = rate
        self._rate = _UNHINDERED if eager else rate
        self._free = now  # when the next call may be made
        self._pause = 0.0
        self._lock = Lock()

    @property
    def is_slowed(self) -> bool:
        return self._pause > 0

    def wait(self, now: float) -> float:
        """Reserve a call. Return the seconds to wait before it."""
        with self._lock:
            seconds = max(self._pause, self._free - now, 0.0)
            self._free = now + seconds + self._distance
            return seconds

    def note_end(self, now: float) -> None:
        """Record the end of a call."""
        with self._lock:
            self._free = max(self._free, now + self._distance)

    def slower(self, *, throttled: bool) -> float:
        """Record a failed call. Return the pause before the next one, which also depends on whether the call was
        throttled.
        """
        with self._lock:
            if throttled:
                self._rate = self._base
            shortest = _SHORTEST_PAUSE if throttled else _SHORTEST_BREAK
            self._pause = min(LONGEST_PAUSE, max(shortest, self._pause * 2))
            return self._pause

    def faster(self) -> None:
        """Record an answered call: a long pause becomes a short one as a trial, a short one ends."""
        with self._lock:
            if self._is_eager:
                self._rate = min(_UNHINDERED, self._rate * _REGAINED)
            self._pause = _TRIAL_PAUSE if self._pause > _TRIAL_PAUSE else 0.0

    @property
    def _distance(self) -> float:
        return 0.0 if self._rate >= _UNHINDERED else 1 / self._rate
