"""Outputs on consoles that a test has opened itself."""

from io import TextIOBase
from typing import cast

from rich.console import Console

from hybridctl.views.printer import Printer


def printer_of(console: Console) -> Printer:
    printer = Printer(
        cast(TextIOBase, console.file), {"FORCE_COLOR": ""}
    )  # whether it is a terminal is the console's word
    printer.console = console
    return printer
