"""What each version answered, counted from the function's log: one REPORT line for each invocation, one request line.

Lambda's own Errors metric does not see an error that the handler answers as JSON, so the status is read from the
handler's request line. An invocation that left a REPORT but no request line, of a version that does write them, ended
without an answer (an exception, a time-out) and counts as an error. The duration is Lambda's, from REPORT, so that
what is slow around the handler counts too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hybridctl.domain.evidence import SLICE_SECONDS
from hybridctl.domain.logs.events import LineKind, LogEvent, understand
from hybridctl.domain.watch import Sample
from hybridctl.log_json import finite

# The lines that `Tally` reads, as a filter pattern: either of these terms.
PATTERN = '?"REPORT RequestId" ?duration_ms ?"platform.report"'

_DIRECT = "hybridctl-direct"  # the request id of a smoke check that invokes a version itself: no traffic


@dataclass(slots=True)
class _Invocation:
    at: datetime
    version: int | None = None
    status: int | None = None
    handled_ms: float | None = None
    taken_ms: float | None = None
    reported: bool = False
    is_cold: bool | None = None  # by the handler's own report
    had_init: bool = False
    faulty: bool = False
    direct: bool = False

    @property
    def cold(self) -> bool:
        """Whether it waited for a start: an environment that was started ahead of time reports an init all the same."""
        return self.had_init if self.is_cold is None else self.is_cold

    @property
    def failed(self) -> bool:
        return self.faulty or (self.status is not None and self.status >= 500)


class Tally:
    """All invocations heard of; an event may be given any number of times."""

    def __init__(self) -> None:
        self._invocations: dict[str, _Invocation] = {}

    def hear(self, events: Iterable[LogEvent]) -> None:
        for event in events:
            line = understand(event)
            if line.request_id is None or line.kind not in (LineKind.REQUEST, LineKind.REPORT):
                continue
            found = self._invocations.setdefault(line.request_id, _Invocation(event.time))
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
                found.reported = True
                found.taken_ms = finite(line.fields.get("duration_ms"))
                found.had_init = "init_ms" in line.fields
                found.faulty = "fault" in line.fields

    def sample(self, version: int) -> Sample:
        """What that version answered, without hybridctl's direct invocations."""
        return _sum_up(version, self._of(version))

    def slices(self, old: int, new: int) -> list[tuple[Sample, Sample]]:
        """The same of two versions, in slices of time; those without any request are left out."""
        found: dict[int, tuple[list[_Counted], list[_Counted]]] = {}
        for place, version in enumerate((old, new)):
            for one in self._of(version):
                number = int(one[0].at.timestamp() // SLICE_SECONDS)
                found.setdefault(number, ([], []))[place].append(one)
        return [(_sum_up(old, found[number][0]), _sum_up(new, found[number][1])) for number in sorted(found)]

    def _of(self, version: int) -> list["_Counted"]:
        """Its invocations, each with whether it failed."""
        mine = [one for one in self._invocations.values() if one.version == version and not one.direct]
        writes_all = any(one.status is not None and one.status < 400 for one in mine)
        known = [one for one in mine if one.status is not None or one.reported]
        return [(one, one.failed or (one.status is None and writes_all)) for one in known]


_Counted = tuple[_Invocation, bool]


def _sum_up(version: int, invocations: Sequence[_Counted]) -> Sample:
    errors = sum(failed for _, failed in invocations)
    warm = [taken for one, _ in invocations if not one.cold and (taken := _duration(one)) is not None]
    return Sample(version, len(invocations), errors, sum(one.cold for one, _ in invocations), tuple(sorted(warm)))


def _duration(one: _Invocation) -> float | None:
    return one.taken_ms if one.taken_ms is not None else one.handled_ms
