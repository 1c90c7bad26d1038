"""Folds START, the handler's request line, END and REPORT into one entry, and keeps lines together that belong
together.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from hybridctl.domain.logs.events import Line, LineKind

PATIENCE = timedelta(seconds=2)  # how long a request line waits for its REPORT, in the events' own time
_NONE = timedelta()
_REMEMBERED = 4096
_WAITING = 10_000
_TRACEBACK = "Traceback (most recent call last)"
_CONTINUED = ("During handling of the above exception", "The above exception was the direct cause", _TRACEBACK)


@dataclass(slots=True)
class RequestEntry:
    """A request, with the lines that are known when it is shown. It may be only its request line or only its REPORT."""

    line: Line
    start: Line | None = None
    report: Line | None = None

    @property
    def is_complete(self) -> bool:
        return self.report is not None and self.line is not self.report


@dataclass(slots=True)
class TextEntry:
    """Lines of one log stream that were written together, such as a traceback."""

    lines: list[Line] = field(default_factory=list)

    @property
    def line(self) -> Line:
        return self.lines[0]


@dataclass(slots=True)
class AccessEntry:
    """A request as the API logged it. It waits only for the entries before it."""

    line: Line


Entry = RequestEntry | TextEntry | AccessEntry
T = TypeVar("T")


class Fold:
    """Entries in the order of their lines. Waiting is limited by PATIENCE and by a number of requests.

    Without `reports`, requests do not wait for a REPORT, because a filter excludes them.
    """

    def __init__(self, *, reports: bool = True) -> None:
        self._patience = PATIENCE if reports else _NONE
        self._waiting: deque[Entry] = deque()
        self._requests: dict[str, RequestEntry] = {}
        self._started: OrderedDict[str, Line] = OrderedDict()
        self._shown: OrderedDict[str, None] = OrderedDict()
        self._texts: dict[str, TextEntry] = {}

    def feed(self, line: Line) -> list[Entry]:
        """Add a line. Return the entries that are now ready."""
        if line.kind is not LineKind.TEXT:
            self._texts.pop(line.event.stream, None)
        if line.kind is LineKind.START and line.request_id:
            _remember(self._started, line.request_id, line)
        elif line.kind is LineKind.REPORT and line.request_id:
            self._report(line.request_id, line)
        elif line.kind is LineKind.REQUEST:
            self._request(line)
        elif line.kind is LineKind.ACCESS:
            self._waiting.append(AccessEntry(line))
        elif line.kind in (LineKind.TEXT, LineKind.RECORD) or (line.kind is LineKind.INIT and line.level == "ERROR"):
            self._text(line)
        return self._ready(line)

    def settle(self) -> list[Entry]:
        """Return all waiting entries at the end of a poll, without waiting for more lines."""
        entries = list(self._waiting)
        self._waiting.clear()
        for entry in entries:
            self._showing(entry)
        self._texts.clear()
        return entries

    def finish(self) -> list[Entry]:
        """Return all waiting entries at the end of a search, including requests with only a START line."""
        entries = self.settle()
        unfinished = [RequestEntry(start, start) for key, start in self._started.items() if key not in self._shown]
        self._started.clear()
        return entries + list(unfinished)

    def _request(self, line: Line) -> None:
        if line.request_id and (reported := self._requests.get(line.request_id)):
            reported.line = line  # lines of the same millisecond may come in any order
            return
        entry = RequestEntry(line)
        if line.request_id:
            entry.start = self._started.pop(line.request_id, None)
            self._requests[line.request_id] = entry
        self._waiting.append(entry)

    def _report(self, request_id: str, line: Line) -> None:
        start = self._started.pop(request_id, None)
        if entry := self._requests.get(request_id):
            entry.report = line
        elif request_id not in self._shown or "fault" in line.fields:
            entry = self._requests[request_id] = RequestEntry(line, start, line)
            self._waiting.append(entry)

    def _text(self, line: Line) -> None:
        entry = self._texts.get(line.event.stream)
        if entry is not None and _continues(entry, line):
            entry.lines.append(line)
            return
        entry = TextEntry([line])
        self._texts[line.event.stream] = entry
        self._waiting.append(entry)

    def _ready(self, line: Line) -> list[Entry]:
        """Return entries from the front that are complete or have waited long enough, so that their order is kept."""
        ready: list[Entry] = []
        while self._waiting:
            entry = self._waiting[0]
            age = abs(line.event.time - entry.line.event.time)
            if len(self._waiting) <= _WAITING and self._waits(entry, age):
                break
            ready.append(self._waiting.popleft())
            self._showing(entry)
        return ready

    def _waits(self, entry: Entry, age: timedelta) -> bool:
        if isinstance(entry, AccessEntry):
            return False
        if isinstance(entry, TextEntry):
            return self._is_open(entry) and age < PATIENCE
        return not entry.is_complete and age < self._patience

    def _is_open(self, entry: TextEntry) -> bool:
        return self._texts.get(entry.line.event.stream) is entry

    def _showing(self, entry: Entry) -> None:
        if isinstance(entry, TextEntry):
            if self._is_open(entry):
                del self._texts[entry.line.event.stream]
        elif isinstance(entry, RequestEntry) and entry.line.request_id:
            self._requests.pop(entry.line.request_id, None)
            _remember(self._shown, entry.line.request_id, None)


def _continues(entry: TextEntry, line: Line) -> bool:
    """Return whether a line continues the entry: it is indented or part of the traceback."""
    if line.kind is not LineKind.TEXT or entry.line.kind is not LineKind.TEXT:
        return False
    text = line.event.message
    if text[:1] in (" ", "\t"):
        return True
    in_traceback = any(_TRACEBACK in earlier.event.message for earlier in entry.lines)
    if not in_traceback:
        return False
    last = entry.lines[-1].event.message
    return not text.strip() or text.startswith(_CONTINUED) or last[:1] in (" ", "\t")


def _remember(kept: "OrderedDict[str, T]", key: str, value: T) -> None:
    kept[key] = value
    if len(kept) > _REMEMBERED:
        kept.popitem(last=False)
