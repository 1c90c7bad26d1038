"""Which events were met before: a number of eight bytes for each, put by the second of its time."""

from datetime import datetime

from hybridctl.domain.logs.events import LogEvent


class Met:
    """Remembers events until they are forgotten by their time; what is kept grows with what a second holds alone.

    An id of CloudWatch is 56 digits. Their hash instead would have to be the same for two events of one second,
    which at a thousand a second happens once in a million years.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, set[int]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._seconds.values()))

    def is_new(self, event: LogEvent) -> bool:
        """Whether this one is met for the first time; from now on it is known."""
        ids = self._seconds.setdefault(int(event.time.timestamp()), set())
        count = len(ids)
        ids.add(hash(event.id))
        return len(ids) > count

    def forget_before(self, moment: datetime) -> None:
        """Drop all whose second had ended by then."""
        first = int(moment.timestamp())
        for second in [one for one in self._seconds if one < first]:
            del self._seconds[second]
