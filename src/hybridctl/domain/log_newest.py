"""The newest N of what a search finds, counted as they are shown: a folded request counts once."""

from collections import Counter, deque
from collections.abc import Iterable

from hybridctl.domain.log_events import PLATFORM, Kind, Line


class Newest:
    """The newest `limit` of the lines added, oldest first at the end; memory is bounded by what is kept."""

    def __init__(self, limit: int, *, folded: bool) -> None:
        self._limit = limit
        self._folded = folded
        self._kept: deque[Line] = deque()
        self._counted: Counter[str] = Counter()

    def add_newer(self, line: Line) -> None:
        """Take the next one of a search that goes forward in time."""
        self._kept.append(line)
        self._counted[self._key(line)] += 1
        while len(self._counted) > self._limit:
            oldest = self._key(self._kept.popleft())
            self._counted[oldest] -= 1
            if not self._counted[oldest]:
                del self._counted[oldest]

    def add_older(self, line: Line) -> bool:
        """Take the next one of a search that goes back in time; False when it is one too many, and so all are found."""
        key = self._key(line)
        if key not in self._counted and len(self._counted) == self._limit:
            return False
        self._kept.appendleft(line)
        self._counted[key] += 1
        return True

    def lines(self) -> Iterable[Line]:
        return self._kept

    def _key(self, line: Line) -> str:
        if self._folded and line.request_id and (line.kind in PLATFORM or line.kind is Kind.REQUEST):
            return line.request_id
        return line.event.id
