"""The events that were seen before: one 8-byte number for each, grouped by the second of its time."""

from datetime import datetime

from hybridctl.domain.logs.events import LogEvent


class SeenEvents:
    """Remembers events until they are dropped by their time. Memory depends only on the number of events per second.

    CloudWatch's ids have 56 digits, so only their hashes are kept. A collision requires equal hashes of two events in
    one second. At a thousand events per second this happens once in a million years.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, set[int]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._seconds.values()))

    def is_new(self, event: LogEvent) -> bool:
        """Return whether this event is new, and remember it."""
        ids = self._seconds.setdefault(int(event.time.timestamp()), set())
        count = len(ids)
        ids.add(hash(event.id))
        return len(ids) > count

    def forget_before(self, moment: datetime) -> None:
        """Drop all events of seconds that ended before `moment`."""
        first = int(moment.timestamp())
        for second in [one for one in self._seconds if one < first]:
            del self._seconds[second]
