"""Show the steps of an operation on stderr: a live line on a terminal, otherwise one line per finished step."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hybridctl.domain.release import Step
from hybridctl.domain.visible_text import make_visible
from hybridctl.views.no_events import NO_EVENTS

if TYPE_CHECKING:
    from rich.status import Status

    from hybridctl.domain.engine import EngineEvent
    from hybridctl.ports.run import Clock, Events
    from hybridctl.views.printer import Printer
    from hybridctl.views.screen import Styled

_NAME_WIDTH = 10


class _Notes:
    def __init__(self, name: str, status: Status | None, events: Events) -> None:
        self.detail = ""
        self._events = events
        self._name = name
        self._status = status

    def now(self, text: str) -> None:
        self._events.write("note", step=self._name, message=text)
        self._show(text)

    def engine(self, event: EngineEvent, text: str) -> None:
        self._events.write(
            "resource",
            step=self._name,
            address=event.address,
            action=event.action,
            state=event.kind,
            seconds=event.seconds,
        )
        self._show(text)

    def _show(self, text: str) -> None:
        if self._status is not None:
            from rich.text import Text

            room = self._status.console.width - _NAME_WIDTH - len("⠋ ")
            shown = text if len(text) <= room else f"{text[: room - 1]}…"
            self._status.update(Text(f"{self._name:<{_NAME_WIDTH}}{shown}"))

    def done(self, detail: str) -> None:
        self.detail = detail


class ScreenProgress:
    """Progress on a printer, unless `quiet`; `steps` collects them for the record."""

    def __init__(self, printer: Printer, clock: Clock, events: Events = NO_EVENTS, *, quiet: bool = False) -> None:
        self._printer = printer
        self._quiet = quiet
        self._clock = clock
        self._events = events
        self._steps: list[Step] = []

    @property
    def steps(self) -> list[Step]:
        return self._steps

    @contextmanager
    def step(self, name: str) -> Iterator[_Notes]:
        """Show a step while it runs, and its end. The step's own errors are raised unchanged, even if showing fails."""
        started = self._clock.monotonic()
        status = self._begin(name)
        notes = _Notes(name, status, self._events)
        self._events.write("step_begin", step=name)
        outcome = "failed"
        try:
            yield notes
            outcome = "ok"
        finally:
            step = Step(name, outcome, round(self._clock.monotonic() - started, 3), notes.detail)
            self._steps.append(step)
            with suppress(Exception):
                self._end(step, status)

    def _begin(self, name: str) -> Status | None:
        if self._quiet or not self._printer.is_terminal:
            return None
        from rich.text import Text

        console = self._printer.console
        spinner = "dots" if console.encoding.startswith("utf") else "line"
        status = console.status(Text(f"{name} …"), spinner=spinner)
        try:
            status.start()
        except RuntimeError:  # there is no room for the thread that turns it
            return None
        return status

    def _end(self, step: Step, status: Status | None) -> None:
        self._events.write("step_end", step=step.name, outcome=step.outcome, seconds=step.seconds, detail=step.detail)
        if status is not None:
            status.stop()
        if self._quiet:
            return
        if self._printer.is_terminal:
            from rich.text import Text

            self._printer.console.print(Text.assemble(*_line(step)), no_wrap=True, overflow="ellipsis")
        else:
            self._printer.file.write(f"{make_visible(''.join(part for part, _ in _line(step))).rstrip()}\n")


def _line(step: Step) -> Styled:
    good = step.outcome == "ok"
    return (
        ("✓ " if good else "✗ ", "green" if good else "red"),
        (f"{step.name:<{_NAME_WIDTH}}", "bold"),
        (step.detail or ("" if good else step.outcome), ""),
        (f"  {step.seconds:.1f} s" if step.seconds >= 0.05 else "", "dim"),
    )
