"""How fast CloudWatch may be asked: its quota of FilterLogEvents is shared by everyone in the account and region."""

LONGEST_PAUSE = 8.0
_SHORTEST_PAUSE = 0.5
_TRIAL_PAUSE = 1.0  # so the usual pace is back within ten seconds: the longest pause, and this one


class Pace:
    """A token bucket of `burst` calls that fills by `rate` calls a second, and a pause that grows while throttled.

    An `eager` one lets every call through until the first is refused: who asks for page after page waits for each
    answer anyway, and the quota is often far above the one to be designed for.
    """

    def __init__(self, *, rate: float, burst: int, now: float, eager: bool = False) -> None:
        self._eager = eager
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._filled = now
        self._pause = 0.0

    @property
    def is_slowed(self) -> bool:
        return self._pause > 0

    def wait(self, now: float) -> float:
        """Take one call; the seconds to wait before it is made."""
        if self._eager:
            return 0.0
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate) - 1
        self._filled = now
        return max(self._pause, -self._tokens / self._rate, 0.0)

    def ended(self, now: float) -> None:
        """The call came to its end. Without a burst, the next one keeps its distance from here.

        Counted from when a call was sent, a slow one and its two successors could reach CloudWatch within one second.
        """
        if self._burst == 1:
            self._tokens, self._filled = 0.0, now

    def slower(self) -> float:
        """The call was throttled, or not answered: the pause before the next one."""
        self._eager = False
        self._pause = min(LONGEST_PAUSE, max(_SHORTEST_PAUSE, self._pause * 2))
        return self._pause

    def faster(self) -> None:
        """The call was answered: after a long pause a short one to see whether it stays so, then none."""
        self._pause = _TRIAL_PAUSE if self._pause > _TRIAL_PAUSE else 0.0
