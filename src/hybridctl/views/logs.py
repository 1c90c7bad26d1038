"""Print log lines on stdout as they arrive: one line per request for people, or raw, or one JSON object per line.

A search may print a hundred thousand lines, so they are printed in batches and without rich's layout.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from hybridctl.domain.logs.events import Line, LineKind
from hybridctl.domain.logs.fold import Entry, Fold
from hybridctl.domain.visible_text import to_json
from hybridctl.views.log_lines import entry_lines, split
from hybridctl.views.screen import Output, Screen, Styled


class LogPrinter(Protocol):
    """Prints log lines: `batch` prints complete ones, `settle` also those that are still waiting for more, `finish`
    ends.

    `folds` is True if a request is printed as one line and counts once. `reads` is True if more than a line's raw event
    is used.
    """

    folds: bool
    reads: bool

    def batch(self, lines: Sequence[Line]) -> None: ...
    def settle(self, lines: Sequence[Line]) -> None: ...
    def finish(self) -> None: ...


def log_printer(screen: Screen, *, raw: bool, reports: bool) -> LogPrinter:
    """Return the printer for the options; without `reports` it does not wait for a request's REPORT."""
    if screen.output is Output.JSON:
        return JsonLines(screen, metrics=raw)
    return RawLines(screen) if raw else FoldedLines(screen, Fold(reports=reports))


class _Written:
    folds = False
    reads = True

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def settle(self, lines: Sequence[Line]) -> None:
        self.batch(lines)
        self._screen.must_have_reader()  # `logs -f | head -1` ends although no further line comes

    def batch(self, lines: Sequence[Line]) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Do nothing: no line is waiting."""

    def _write(self, lines: Iterable[Styled]) -> None:
        self._screen.lines(lines)
        self._screen.must_have_reader()


class JsonLines(_Written):
    """Prints one object for each event. Embedded metric lines are left out unless `metrics`."""

    def __init__(self, screen: Screen, *, metrics: bool) -> None:
        super().__init__(screen)
        self._metrics = metrics

    def batch(self, lines: Sequence[Line]) -> None:
        wanted = (line for line in lines if self._metrics or line.kind is not LineKind.METRICS)
        self._write(((to_json(record(line), ascii_only=True), ""),) for line in wanted)


class RawLines(_Written):
    """Prints each event as stored in CloudWatch: time and text."""

    reads = False

    def batch(self, lines: Sequence[Line]) -> None:
        self._write(((f"{_iso(event.time)} {part}", ""),) for event, *_ in lines for part in split(event.message))


class FoldedLines(_Written):
    """Prints one line for each request, other lines at their time, and the date before the first line of a day."""

    folds = True

    def __init__(self, screen: Screen, fold: Fold) -> None:
        super().__init__(screen)
        self._fold = fold
        self._day: date | None = None

    def batch(self, lines: Sequence[Line]) -> None:
        self._entries([entry for line in lines for entry in self._fold.feed(line)])

    def settle(self, lines: Sequence[Line]) -> None:
        super().settle(lines)
        self._entries(self._fold.settle())

    def finish(self) -> None:
        self._entries(self._fold.finish())

    def _entries(self, entries: Sequence[Entry]) -> None:
        self._write(line for entry in entries for line in self._lines(entry))

    def _lines(self, entry: Entry) -> Iterable[Styled]:
        day = entry.line.event.time.date()
        if day != self._day and not (entry.line.late and self._day):
            self._day = day
            yield ((f"-- {day} UTC --", "dim"),)
        yield from entry_lines(entry)


def record(line: Line) -> dict[str, Any]:
    """Return an event for programs; `fields` contains the parsed values."""
    event = line.event
    return {
        "timestamp": _iso(event.time),
        "ingested": _iso(event.ingested),
        "id": event.id,
        "stream": event.stream,
        "kind": line.kind.value,
        "level": line.level,
        "request_id": line.request_id,
        "version": line.version,
        "late": line.late,
        "message": event.message,
        "fields": dict(line.fields),
    }


def _iso(moment: datetime) -> str:
    return f"{moment.date().isoformat()}T{moment.time().isoformat('milliseconds')}Z"
