"""What a stream that is not a terminal gets: a pipe, a file, the log of a CI run."""

import io

from rich.console import Console

from fakes import FakeClock
from fakes.printers import printer_of
from hybridctl.domain.smoke import Check, SmokeReport
from hybridctl.views.console import open_console
from hybridctl.views.screen import Screen

CHECKS = (Check("health", True, 3.0), Check("log out", True, 12.0))
REPORT = SmokeReport("version 1", CHECKS, version="1", build="abc")


def test_a_row_in_a_pipe_ends_where_its_text_ends() -> None:
    out = io.StringIO()
    Screen(printer_of(Console(file=out, width=80)), printer_of(Console(file=io.StringIO())), FakeClock()).result(REPORT)
    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert all(line == line.rstrip() for line in lines)


def test_a_pipe_is_wide_enough_for_a_row_to_stay_one_line() -> None:
    assert open_console(io.StringIO(), {}).width == 200


def test_a_pipe_is_as_wide_as_columns_says() -> None:
    assert open_console(io.StringIO(), {"COLUMNS": "100"}).width == 100
