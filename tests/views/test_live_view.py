"""What a terminal shows when results replace each other, and Ctrl-C is typed."""

import io
import re

import pytest
from rich.console import Console
from rich.table import Table

from fakes import FakeClock
from fakes.printers import printer_of
from hybridctl.views.live_view import LiveView
from hybridctl.views.screen import Screen
from hybridctl.views.stream import ReaderGone, Stream

WIDTH = 40


class Terminal(io.StringIO):
    """As much of a terminal as the repainting uses: lines that wrap, and a cursor that goes up and erases."""

    def lines(self) -> list[str]:
        rows, row, column = [""], 0, 0
        for code, character in re.findall(r"\x1b\[([?0-9;]*[A-Za-z])|(.)", self.getvalue(), re.DOTALL):
            if code.endswith("A"):
                row -= int(code[:-1])
            elif code.endswith("K"):
                rows[row] = ""
            elif character == "\r":
                column = 0
            elif character:
                if character == "\n" or column == WIDTH:
                    row, column = row + 1, 0
                    rows += [""] * (row + 1 - len(rows))
                if character != "\n":
                    rows[row] = rows[row].ljust(column)[:column] + character + rows[row][column + 1 :]
                    column += 1
        return [one.rstrip() for one in rows]


class Shown(LiveView):
    """Three full lines for each result."""

    def _renderable(self, result):
        table = Table(box=None, show_header=False, expand=True, pad_edge=False)
        for number in range(3):
            table.add_row(f"row {number} of {result}", "x" * 10)
        return table


def test_an_echoed_interrupt_leaves_each_line_once():
    terminal = Terminal()
    console = Console(file=terminal, force_terminal=True, width=WIDTH, height=20, _environ={"TERM": "xterm"})
    shown = Shown(Screen(printer_of(console), printer_of(console), FakeClock()))
    with shown.repaint():
        shown("one")
        shown("two")
        terminal.write("^C")
    lines = [line for line in terminal.lines() if line.startswith("row")]
    assert [line.split("  ")[0].strip() for line in lines] == ["row 0 of two", "row 1 of two", "row 2 of two"]


def test_repeating_ends_when_nobody_reads():
    stream = Stream(open("/dev/full", "w", encoding="utf-8"))  # noqa: SIM115
    console = Console(file=stream, width=WIDTH)
    shown = Shown(Screen(printer_of(console), printer_of(console), FakeClock()))
    with shown.repaint(), pytest.raises(ReaderGone):
        shown("one")
