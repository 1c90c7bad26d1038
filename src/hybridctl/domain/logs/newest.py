"""The newest N results of a search, counted as they are shown: a folded request with all its lines counts once."""

from collections import Counter, deque
from collections.abc import Iterable

from hybridctl.domain.logs.events import PLATFORM, Line, LineKind


class Newest:
    """Keeps the newest `limit` entries of the added lines, oldest first. Memory is limited to the kept lines.

    An execution environment handles one request at a time and has its own stream, so all lines of a stream between
    START and REPORT belong to that request.
    """

    def __init__(self, limit: int, *, folded: bool) -> None:
        self._limit = limit
        self._folded = folded
        self._kept: deque[tuple[str, Line]] = deque()
        self._counted: Counter[str] = Counter()
        self._open: dict[str, str] = {}  # the request that lines of each stream belong to

    def add_newer(self, line: Line) -> None:
        """Add the next line of a search that goes forward in time."""
        key = self._key(line, begins=LineKind.START, ends=LineKind.REPORT)
        self._kept.append((key, line))
        self._counted[key] += 1
        while len(self._counted) > self._limit:
            oldest, _ = self._kept.popleft()
            self._counted[oldest] -= 1
            if not self._counted[oldest]:
                del self._counted[oldest]

    def add_older(self, line: Line) -> bool:
        """Add the next line of a search that goes back in time. Return False if the limit is reached and the line is
        not needed.
        """
        key = self._key(line, begins=LineKind.REPORT, ends=LineKind.START)
        if key not in self._counted and len(self._counted) == self._limit:
            return False
        self._kept.appendleft((key, line))
        self._counted[key] += 1
        return True

    def lines(self) -> Iterable[Line]:
        return (line for _, line in self._kept)

    def _key(self, line: Line, *, begins: LineKind, ends: LineKind) -> str:
        """Return the key of the entry that the line counts for."""
        if not self._folded:
            return line.event.id
        stream = line.event.stream
        if line.kind is begins and line.request_id:
            self._open[stream] = line.request_id
        inside = self._open.get(stream)
        if line.kind is ends:
            self._open.pop(stream, None)
        if line.request_id and (line.kind in PLATFORM or line.kind in (LineKind.REQUEST, LineKind.ACCESS)):
            return line.request_id
        return inside or line.event.id
