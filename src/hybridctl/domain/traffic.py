"""What each version answered, counted from the function's log: a REPORT line and a request line for each invocation.

Lambda's Errors metric does not include errors that the handler returns as JSON, so the status comes from the handler's
request line. An invocation with a REPORT but without a request line ended without an answer (an exception, a timeout)
and counts as an error, if its version writes request lines. The duration comes from Lambda's REPORT, so that delays
outside the handler count too.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from hybridctl.domain.evidence import SLICE_SECONDS
from hybridctl.domain.logs.events import LineKind, LogEvent, understand
from hybridctl.domain.samples import Sample
from hybridctl.log_json import finite

# The filter pattern for the lines that `Tally` reads: any of these terms.
PATTERN = '?"REPORT RequestId" ?duration_ms ?"platform.report"'

_DIRECT = "hybridctl-direct"  # the request id of direct invocations by the smoke test, which are not traffic


@dataclass(slots=True, eq=False)
class _Invocation:
    at: datetime
    version: int | None = None
    status: int | None = None
    handled_ms: float | None = None
    taken_ms: float | None = None
    is_cold: bool | None = None  # as the handler reports
    had_init: bool = False
    faulty: bool = False
    direct: bool = False

    @property
    def cold(self) -> bool:
        """Whether the invocation waited for a start. An environment that was started in advance also reports an
        init.
        """
        return self.had_init if self.is_cold is None else self.is_cold

    @property
    def duration_ms(self) -> float | None:
        return self.taken_ms if self.taken_ms is not None else self.handled_ms

    @property
    def failed(self) -> bool:
        return self.faulty or (self.status is not None and self.status >= 500)


class Tally:
    """All invocations that the log shows. Adding an event more than once has no effect.

    The sums of each version are cached. A slice is summed again only after a new line about it.
    """

    def __init__(self) -> None:
        self._heard: set[str] = set()  # ids of events
        self._invocations: dict[str, _Invocation] = {}
        self._versions: dict[int, _VersionTally] = {}

    def hear(self, events: Iterable[LogEvent]) -> None:
        for event in events:
            if event.id not in self._heard:
                self._heard.add(event.id)
                self._hear(event)

    def _hear(self, event: LogEvent) -> None:
        line = understand(event)
        if line.request_id is None or line.kind not in (LineKind.REQUEST, LineKind.REPORT):
            return
        found = self._invocations.get(line.request_id)
        if found is None:
            found = self._invocations[line.request_id] = _Invocation(event.time)
        elif found.version is not None:
            self._of(found.version).remove(found)
        found.at = min(found.at, event.time)
        if line.version and line.version.isdigit():
            found.version = int(line.version)
        if line.kind is LineKind.REQUEST:
            found.status = line.fields["status"]
            found.handled_ms = finite(line.fields.get("duration_ms"))
            if isinstance(said := line.fields.get("cold_start"), bool):
                found.is_cold = said
            found.direct = line.fields.get("api_request_id") == _DIRECT
        else:
            found.taken_ms = finite(line.fields.get("duration_ms"))
            found.had_init = "init_ms" in line.fields
            found.faulty = "fault" in line.fields
        if found.version is not None and not found.direct:
            self._of(found.version).add(found)

    def sample(self, version: int) -> Sample:
        """Return what a version answered, without hybridctl's direct invocations."""
        return self._of(version).sample()

    def slices(self, old: int, new: int) -> list[tuple[Sample, Sample]]:
        """Return what two versions answered, in slices of time. Slices without requests are left out.

        A slice that has not changed since the last call consists of the same two objects.
        """
        one, other = self._of(old), self._of(new)
        numbers = sorted(one.slices().keys() | other.slices().keys())
        return [(one.slices().get(at, one.nothing), other.slices().get(at, other.nothing)) for at in numbers]

    def _of(self, version: int) -> "_VersionTally":
        if version not in self._versions:
            self._versions[version] = _VersionTally(version)
        return self._versions[version]


class _VersionTally:
    """The invocations of one version by slice of time, and their sums."""

    def __init__(self, version: int) -> None:
        self.nothing = Sample(version)
        self._version = version
        self._invocations: defaultdict[int, set[_Invocation]] = defaultdict(set)  # by slice number
        self._changed: set[int] = set()  # slices that changed since they were summed
        self._writes_all = False  # whether it writes a line for each request, including successful ones
        self._samples: dict[int, Sample] = {}
        self._warm: list[float] = []  # of all samples, ascending
        self._total: Sample | None = None

    def add(self, invocation: _Invocation) -> None:
        number = _slice_of(invocation)
        self._invocations[number].add(invocation)
        self._changed.add(number)
        if not self._writes_all and invocation.status is not None and invocation.status < 400:
            self._writes_all = True
            self._changed |= self._invocations.keys()

    def remove(self, invocation: _Invocation) -> None:
        number = _slice_of(invocation)
        if invocation in self._invocations[number]:
            self._invocations[number].remove(invocation)
            self._changed.add(number)

    def slices(self) -> dict[int, Sample]:
        gone: Counter[float] = Counter()
        come: Counter[float] = Counter()
        for number in self._changed:
            gone.update(self._samples.pop(number, self.nothing).warm_ms)
            if self._invocations[number]:
                self._samples[number] = self._sum_up(self._invocations[number])
                come.update(self._samples[number].warm_ms)
        if self._changed:
            for taken in (gone - come).elements():
                del self._warm[bisect_left(self._warm, taken)]
            self._warm += (come - gone).elements()
            self._warm.sort()
            self._changed.clear()
            self._total = None
        return self._samples

    def sample(self) -> Sample:
        parts = self.slices().values()
        if self._total is None:
            requests, errors = sum(one.requests for one in parts), sum(one.errors for one in parts)
            cold_starts = sum(one.cold_starts for one in parts)
            self._total = Sample(self._version, requests, errors, cold_starts, tuple(self._warm))
        return self._total

    def _sum_up(self, invocations: Collection[_Invocation]) -> Sample:
        errors = sum(one.failed or (one.status is None and self._writes_all) for one in invocations)
        warm = [taken for one in invocations if not one.cold and (taken := one.duration_ms) is not None]
        return Sample(
            self._version, len(invocations), errors, sum(one.cold for one in invocations), tuple(sorted(warm))
        )


def _slice_of(invocation: _Invocation) -> int:
    return int(invocation.at.timestamp() // SLICE_SECONDS)
