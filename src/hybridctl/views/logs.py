"""Log lines on stdout as they come: folded for people, as they are, or one JSON object a line for programs.

Written straight to the stream and flushed by batches: laying out each line with rich takes thirty times as long, and a
search may print a hundred thousand.
"""

import json
import select
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import IO, Any, Protocol

from rich.color import ColorSystem
from rich.style import Style

from hybridctl.domain.logs.events import Kind, Line
from hybridctl.domain.logs.fold import Entry, Fold
from hybridctl.views.log_lines import entry_lines, split
from hybridctl.views.screen import Output, Screen


class LogPrinter(Protocol):
    """`batch` prints lines; `settle` prints also what still waits for more; `finish` is the end.

    `folds` says whether a request is one line, and so counts once; `reads` whether more of a line than its event is
    looked at.
    """

    folds: bool
    reads: bool

    def batch(self, lines: Sequence[Line]) -> None: ...
    def settle(self, lines: Sequence[Line]) -> None: ...
    def finish(self) -> None: ...


def log_printer(screen: Screen, *, raw: bool, reports: bool) -> LogPrinter:
    """The printer for what was asked; without `reports` a request's REPORT is not waited for."""
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
        if not lines and _is_abandoned(self._screen.out.file):
            raise BrokenPipeError  # `logs -f | head -1` ends although no further line comes

    def batch(self, lines: Sequence[Line]) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Nothing waits."""

    def _write(self, lines: Iterable[str]) -> None:
        text = "\n".join(lines)
        if text:
            self._screen.out.file.write(f"{text}\n")
            self._screen.out.file.flush()


class JsonLines(_Written):
    """One object for each event. Lines of embedded metrics are left out unless `metrics`."""

    def __init__(self, screen: Screen, *, metrics: bool) -> None:
        super().__init__(screen)
        self._metrics = metrics

    def batch(self, lines: Sequence[Line]) -> None:
        # ASCII only, so that no control character of a log reaches a terminal.
        self._write(json.dumps(record(line)) for line in lines if self._metrics or line.kind is not Kind.METRICS)


class RawLines(_Written):
    """What CloudWatch has: each event's time and its text, only made harmless."""

    reads = False

    def batch(self, lines: Sequence[Line]) -> None:
        self._write([f"{_iso(event.time)} {part}" for event, *_ in lines for part in split(event.message)])


class FoldedLines(_Written):
    """One line for each request, the others beneath their time; the date stands before the first line of a day."""

    folds = True

    def __init__(self, screen: Screen, fold: Fold) -> None:
        super().__init__(screen)
        self._fold = fold
        self._day: date | None = None
        self._painted = screen.out.is_terminal and not screen.out.no_color

    def batch(self, lines: Sequence[Line]) -> None:
        self._entries([entry for line in lines for entry in self._fold.feed(line)])

    def settle(self, lines: Sequence[Line]) -> None:
        super().settle(lines)
        self._entries(self._fold.settle())

    def finish(self) -> None:
        self._entries(self._fold.finish())

    def _entries(self, entries: Sequence[Entry]) -> None:
        self._write(text for entry in entries for text in self._lines(entry))

    def _lines(self, entry: Entry) -> Iterable[str]:
        day = entry.line.event.time.date()
        if day != self._day and not (entry.line.late and self._day):
            self._day = day
            yield self._paint(f"-- {day} UTC --", "dim")
        yield from entry_lines(entry, self._paint)

    def _paint(self, text: str, style: str) -> str:
        return Style.parse(style).render(text, color_system=ColorSystem.STANDARD) if self._painted else text


def _is_abandoned(stream: IO[str]) -> bool:
    """Whether nobody reads the pipe any more; a stream that is no pipe is never abandoned."""
    try:
        watched = select.poll()
        watched.register(stream.fileno(), select.POLLERR)
        return any(found & select.POLLERR for _, found in watched.poll(0))
    except (AttributeError, OSError, ValueError):  # no such call on this system, or no file beneath the stream
        return False


def record(line: Line) -> dict[str, Any]:
    """An event for programs; `fields` is what was understood of it."""
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
